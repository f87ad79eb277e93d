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

/** What `untilDone` needs to say and to end. */
export type Waiting = {
  readonly signal: AbortSignal;
  /** Told of each failed attempt. */
  readonly onFailure: (error: unknown, attempt: number) => void;
  readonly firstMs?: number;
  readonly maxMs?: number;
};

/**
 * Repeats work until it succeeds, pausing longer each time, without limit: for what must be there
 * before anything else can be done.
 *
 * @throws what the work throws when it is an OperationError that is not retriable, or when aborted
 */
export async function untilDone<T>(work: () => Promise<T>, waiting: Waiting): Promise<T> {
  const { signal, firstMs = 200, maxMs = 5_000 } = waiting;
  const isAborted = (): boolean => signal.aborted;
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const isFinal = error instanceof OperationError && !error.retriable;
      if (isFinal || isAborted()) throw error;
      waiting.onFailure(error, attempt);
      await pause(backOffMs(attempt, firstMs, maxMs), signal);
      if (isAborted()) throw error;
    }
  }
}
