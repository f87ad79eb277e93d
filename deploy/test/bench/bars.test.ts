import { describe, expect, test } from 'vitest';
import { judge } from '../../bench/bars.ts';
import type { SoakFigures } from '../../bench/bars.ts';
import type { MemorySample } from '../../bench/memory.ts';

const MINUTE_MS = 60_000;

/** One sample every 10 s over ten minutes, with the memory of each minute. */
function samples(name: string, bytesAt: (minute: number) => number): MemorySample[] {
  return Array.from({ length: 61 }, (_, at) => {
    const atMs = at * 10_000;
    const residentBytes = bytesAt(atMs / MINUTE_MS);
    return { name, atMs, residentBytes, anonymousBytes: residentBytes / 2 };
  });
}

const good: SoakFigures = {
  minutes: 10,
  rate: 200,
  sent: 120_000,
  acknowledged: 120_000,
  retries: 0,
  ack: { p50: 4, p99: 20, max: 80 },
  queryable: { count: 500, missing: 0, p50: 900, p95: 2000, max: 4000 },
  lagAtEnd: 12,
  caughtUpMs: 900,
  residentAtRestBytes: 1.2e9,
  isAuditBalanced: true,
  memory: [...samples('ingest', () => 100e6), ...samples('processor', () => 200e6)],
};

const failing = (figures: SoakFigures): string[] =>
  judge(figures)
    .filter(({ holds }) => !holds)
    .map(({ name }) => name);

describe('bars', () => {
  test('all hold for a good run', () => {
    expect(failing(good)).toEqual([]);
  });

  test.each<[string, Partial<SoakFigures>, string]>([
    ['a call without acknowledgement', { acknowledged: 119_999 }, 'acknowledged'],
    ['nothing sent', { sent: 0, acknowledged: 0 }, 'acknowledged'],
    ['slow answers', { ack: { p50: 4, p99: 50.1, max: 80 } }, 'acknowledgement p99'],
    [
      'rows that come late',
      { queryable: { ...good.queryable, p95: 5001 } },
      'acknowledged to queryable p95',
    ],
    [
      'a row that never came',
      { queryable: { ...good.queryable, missing: 1 } },
      'acknowledged to queryable p95',
    ],
    [
      'no sample at all',
      { queryable: { count: 0, missing: 0, p50: 0, p95: 0, max: 0 } },
      'acknowledged to queryable p95',
    ],
    ['a lag that stays', { caughtUpMs: 5001 }, 'lag 0 after the end'],
    ['a lag for ever', { caughtUpMs: null }, 'lag 0 after the end'],
    ['a stack that is too large', { residentAtRestBytes: 1.81e9 }, 'whole stack at rest'],
    ['an audit that does not balance', { isAuditBalanced: false }, 'audit'],
  ])('%s fails', (_, change, bar) => {
    expect(failing({ ...good, ...change })).toEqual([bar]);
  });

  test('a process that grows between minute 3 and 10 fails, one that grew before does not', () => {
    const growing = samples('processor', (minute) => 200e6 + Math.max(0, minute - 3) * 3e6);
    const settled = samples('ingest', (minute) => Math.min(100e6, 40e6 + minute * 30e6));
    expect(failing({ ...good, memory: [...growing, ...settled] })).toEqual(['memory of processor']);
  });

  test('a process that was gone at the end fails', () => {
    const gone = samples('ingest', () => 100e6).filter(({ atMs }) => atMs < 5 * MINUTE_MS);
    expect(failing({ ...good, memory: gone })).toEqual(['memory of ingest']);
  });

  test('one odd sample decides nothing', () => {
    const memory = samples('ingest', () => 100e6).map((sample) =>
      sample.atMs === 600_000 ? { ...sample, residentBytes: 500e6 } : sample,
    );
    expect(failing({ ...good, memory })).toEqual([]);
  });
});
