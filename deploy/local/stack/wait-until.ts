import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from './stack-error.ts';

/**
 * Asks `isDone` every `everyMs` until it answers true.
 *
 * An exception counts as "not yet"; the last one becomes the cause when `deadlineMs` has passed.
 * `failed` ends the wait early: it resolves with the reason when success has become impossible.
 */
export const waitUntil = async (options: {
  readonly what: string;
  readonly isDone: () => Promise<boolean>;
  readonly deadlineMs: number;
  readonly everyMs?: number;
  readonly failed?: Promise<StackError>;
}): Promise<void> => {
  const { what, isDone, deadlineMs, everyMs = 50, failed } = options;
  const endsAt = performance.now() + deadlineMs;
  let failure: StackError | undefined;
  void failed?.then((error) => {
    failure = error;
  });
  let lastError: unknown;
  while (performance.now() < endsAt) {
    if (failure !== undefined) throw failure;
    try {
      if (await isDone()) return;
    } catch (error) {
      lastError = error;
    }
    await sleep(everyMs);
  }
  throw new StackError(`${what} was not ready within ${Math.round(deadlineMs / 1000)} s.`, {
    cause: lastError,
  });
};
