import { expect, test } from 'vitest';
import { fuzz } from './fuzz/fuzz.ts';

test('20,000 requests by grammar and mutation: no answer outside the table, nothing ends', async () => {
  const report = await fuzz({ requests: 20_000, seed: 1, tell: () => undefined });
  expect(report.failures).toEqual([]);
  expect(Object.values(report.counts).reduce((sum, times) => sum + times, 0)).toBe(20_000);
  // Every kind of answer was met: the inputs reach all of the way.
  for (const status of ['200', '400', '401', '404', '405']) {
    expect(report.counts[status] ?? 0).toBeGreaterThan(50);
  }
  expect(report.grownBytes).toBeLessThan(50e6);
}, 120_000);
