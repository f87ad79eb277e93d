import { describe, expect, test } from 'vitest';
import { between, quantile, recovery, tally, unlawful } from '../../faults/ingest/attempts.ts';
import type { Attempt } from '../../faults/ingest/good-sender.ts';
import { nothingLost, onlyLawfulAnswers, recoversSoon } from '../../faults/ingest/laws.ts';

/* What is said of a good sender's attempts: a law that cannot fail proves nothing. */

const attempt = (dueAt: number, status: number, word = '', tookMs = 1): Attempt => ({
  dueAt,
  tookMs,
  status,
  word,
});

describe('answers', () => {
  const attempts = [attempt(0, 200), attempt(1, 503), attempt(2, 0, 'reset'), attempt(3, 500)];

  test('only 200 and 503 are lawful', () => {
    expect(unlawful(attempts).map(({ dueAt }) => dueAt)).toEqual([2, 3]);
    expect(onlyLawfulAnswers(attempts)).toMatchObject({ holds: false, measured: '1 reset, 1 500' });
    expect(onlyLawfulAnswers(attempts.slice(0, 2)).holds).toBe(true);
    expect(onlyLawfulAnswers([]).holds).toBe(false);
  });

  test('counted by status, or by the word where there is none', () => {
    expect(Object.fromEntries(tally(attempts))).toEqual({ 200: 1, 503: 1, reset: 1, 500: 1 });
    expect(between(attempts, 1, 3)).toHaveLength(2);
  });
});

test.each([
  ['of one', [7], 0.99, 7],
  ['of a hundred', Array.from({ length: 100 }, (_, at) => at + 1), 0.99, 99],
  ['of nothing', [], 0.5, NaN],
])('quantile %s', (_name, values, share, expected) => {
  expect(quantile(values, share)).toBe(expected);
});

describe('recovery', () => {
  test('to the first 200, and to the last answer that was none', () => {
    const attempts = [attempt(0, 503), attempt(100, 200), attempt(200, 503), attempt(300, 200)];
    expect(recovery(attempts, 50)).toEqual({ firstMs: 51, steadyMs: 151 });
    expect(recovery(attempts, 250)).toEqual({ firstMs: 51, steadyMs: 0 });
  });

  test('never, when the last is no 200, or nothing came before the next fault', () => {
    const attempts = [attempt(100, 200), attempt(200, 503)];
    expect(recovery(attempts, 0)).toEqual({ firstMs: 101, steadyMs: null });
    expect(recovery(attempts, 0, 50)).toEqual({ firstMs: null, steadyMs: null });
  });

  test('later than ten seconds breaks the law', () => {
    const late = { what: 'x', beganAt: 0, endedAt: 1_000 };
    expect(recoversSoon([attempt(10_000, 200)], late).holds).toBe(true);
    expect(recoversSoon([attempt(10_500, 503), attempt(11_500, 200)], late).holds).toBe(false);
  });
});

test('an acknowledged event that is not stored is found; nothing acknowledged proves nothing', () => {
  const stored = new Set(['a', 'b', 'never acknowledged']);
  expect(nothingLost(['a', 'b'], stored).holds).toBe(true);
  expect(nothingLost(['a', 'c'], stored)).toMatchObject({ holds: false, measured: '1 of 2' });
  expect(nothingLost([], stored).holds).toBe(false);
});
