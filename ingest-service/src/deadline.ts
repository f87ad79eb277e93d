import { OperationError } from '@landed/schemas/fate';

/** Resolves once the time is over. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/**
 * Waits for a promise, but not longer than `timeoutMs`: then rejects with a retriable
 * OperationError. The promise itself goes on.
 */
export async function within<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new OperationError(`${what}: no answer in ${timeoutMs} ms`, { retriable: true }));
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
