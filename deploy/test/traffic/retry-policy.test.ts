import { expect, test } from 'vitest';
import { retryWaitMs } from '../../traffic/retry-policy.ts';

const options = { retryMs: 100, retryMaxMs: 1000, longWaitMs: 3_600_000 };
const answer = (status: number, word = `http_${status}`) => ({ status, word, reason: null });

test.each([400, 401, 402, 403, 404, 405, 410, 429, 500, 502, 521])(
  '%i costs the long wait',
  (status) => {
    expect(retryWaitMs(answer(status), 1, options)).toBe(3_600_000);
  },
);

test.each(['refused', 'reset', 'no_answer'])('%s costs the long wait', (word) => {
  expect(retryWaitMs(answer(0, word), 1, options)).toBe(3_600_000);
});

test.each([
  ['503', answer(503)],
  ['504', answer(504)],
  ['408', answer(408)],
  ['a redirect', answer(302)],
  ['no answer in time', answer(0, 'timeout')],
])('%s has an ordinary back-off up to its limit', (_, failed) => {
  const waits = [1, 2, 3, 4, 5, 6, 500].map((attempt) => retryWaitMs(failed, attempt, options));
  expect(waits).toEqual([100, 200, 400, 800, 1000, 1000, 1000]);
});
