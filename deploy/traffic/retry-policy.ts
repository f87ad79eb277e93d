import type { Answer } from './post.ts';

export type RetryOptions = {
  /** First wait of the ordinary back-off; doubles with each attempt. */
  readonly retryMs: number;
  readonly retryMaxMs: number;
  /** Wait after an answer of the long list. At Customer.io this is an hour. */
  readonly longWaitMs: number;
};

/** Customer.io waits an hour after these, by its own documents; the rest has an ordinary back-off. */
const LONG_WAIT_STATUS = new Set([400, 401, 402, 403, 404, 405, 410, 429, 500, 502, 521]);
const LONG_WAIT_WORDS = new Set(['refused', 'reset', 'no_answer']);

/** Customer.io gives up after seven days. */
export const GIVE_UP_MS = 7 * 86_400_000;

/**
 * How long to wait after a failed attempt, ms.
 *
 * @param attempt number of the attempt that failed, from 1
 */
export function retryWaitMs(answer: Answer, attempt: number, options: RetryOptions): number {
  const isLong =
    answer.status === 0 ? LONG_WAIT_WORDS.has(answer.word) : LONG_WAIT_STATUS.has(answer.status);
  if (isLong) return options.longWaitMs;
  return Math.min(options.retryMaxMs, options.retryMs * 2 ** Math.min(attempt - 1, 30));
}
