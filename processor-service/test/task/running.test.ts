import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { LogRecord } from '../../src/log/partition-reader.ts';
import type { Pipeline } from '../../src/task/pipeline.ts';
import { runPartition } from '../../src/task/running.ts';
import type { Held } from '../../src/task/running.ts';

const PACE_MS = 60;

/** Runs a partition whose log holds `length` records, each poll `perPoll` of them; notes when it asks. */
async function run(length: number, perPoll: number, polls: number): Promise<number[]> {
  const stop = new AbortController();
  const asked: number[] = [];
  const held = {
    position: { nextOffset: 0n, clock: 0 },
    folder: { store: { firstTimer: () => null } },
    pipeline: {
      run: async (records: readonly LogRecord[]) =>
        Promise.resolve({
          consumed: records.length,
          outputs: [],
          outage: null,
          nextOffset: (records.at(-1)?.offset ?? -1n) + 1n,
          clock: 0,
        }),
    } as unknown as Pipeline,
  } as unknown as Held;
  await runPartition(
    {
      partition: 0,
      commitPaceMs: PACE_MS,
      feed: {
        next: async (partition, offset) => {
          asked.push(performance.now());
          if (asked.length === polls) stop.abort();
          await sleep(1);
          const count = Math.max(0, Math.min(perPoll, length - Number(offset)));
          const nextOffset = offset + BigInt(count);
          return {
            kind: 'records',
            topic: 'raw',
            partition,
            nextOffset,
            bounds: {
              earliest: 0n,
              highWatermark: BigInt(length),
              lastStableOffset: BigInt(length),
            },
            records: Array.from(
              { length: count },
              (_, at) => ({ offset: offset + BigInt(at) }) as LogRecord,
            ),
          };
        },
      },
      commit: async () => Promise.resolve(),
      requestTick: () => undefined,
      metrics: { lag: () => undefined, waiting: () => undefined },
      logger: pino({ level: 'silent' }),
      now: () => 0,
      enter: () => undefined,
      signal: stop.signal,
    },
    held,
  );
  return asked.slice(1).map((at, index) => at - (asked[index] ?? at));
}

describe('the pace of commits', () => {
  test('behind a backlog nothing waits; caught up, the next question waits; after a quiet poll, none', async () => {
    const gaps = await run(9, 3, 6);
    expect(gaps).toHaveLength(5);
    const [first, second, caughtUp, ...quiet] = gaps;
    expect(Math.min(first ?? 99, second ?? 99)).toBeLessThan(PACE_MS / 2);
    expect(caughtUp).toBeGreaterThanOrEqual(PACE_MS - 2);
    expect(Math.min(...quiet)).toBeLessThan(PACE_MS / 2);
  });
});
