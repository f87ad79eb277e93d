import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '@landed/schemas/fate';

/**
 * Waits for a promise, but not longer than `ms`.
 *
 * @throws OperationError, retriable, when the time is up; what was started goes on unheard
 */
export async function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new OperationError(`${what}: no answer in ${ms} ms`, { retriable: true }));
    }, ms);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Pause before attempt `attempt` (0, 1, 2 …): doubling from `firstMs` to `maxMs`. */
export const backOffMs = (attempt: number, firstMs: number, maxMs: number): number =>
  Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 16));

/** Sleeps, but returns at once when the signal is or becomes aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Only an abort ends a sleep early; whoever asked looks at the signal next.
  }
}
