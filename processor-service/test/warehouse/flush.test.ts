import pino from 'pino';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { OperationError } from '@landed/schemas/fate';
import { createRowBuffer } from '../../src/warehouse/buffer.ts';
import type { Origin } from '../../src/warehouse/buffer.ts';
import type { ParkedRecord } from '../../src/warehouse/dead-letter-writer.ts';
import { flush } from '../../src/warehouse/flush.ts';
import { createWarehouseMetrics } from '../../src/warehouse/metrics.ts';
import { RowRefusedError } from '../../src/warehouse/row-refused.ts';

const origin = (topic: string, offset: bigint): Origin => ({
  topic,
  partition: 0,
  offset,
  timestamp: 0,
  key: null,
  value: null,
});
const unreadable: ParkedRecord = {
  origin: origin('outcomes', 1n),
  reason: 'bad_magic',
  detail: 'zonk',
};
const outage = new OperationError('away', { retriable: false });

/** The effects of one flush in their order; `failAt` makes one of them fail. */
async function flushed(failAt?: 'insert' | 'dead letters' | 'commit', refusedTopic?: string) {
  const effects: string[] = [];
  const happen = async (what: string, told: string): Promise<void> => {
    if (failAt === what) throw outage;
    effects.push(told);
    return Promise.resolve();
  };
  const buffer = createRowBuffer({ rowsMax: 10, bytesMax: 1_000, now: () => 0 });
  buffer.add('message_outcomes_log', {
    line: '[1]\n',
    origin: origin('outcomes', 2n),
    day: '2026-07-01',
    receivedAt: 1,
  });
  buffer.add('dead_letters_log', { line: '[2]\n', origin: origin('dead-letters', 3n) });
  const deps = {
    clickhouse: {
      insert: async ({ table }: { readonly table: string }) => {
        const isRefused =
          (refusedTopic === 'outcomes' && table === 'message_outcomes_log') ||
          (refusedTopic === 'dead-letters' && table === 'dead_letters_log');
        if (isRefused) throw new RowRefusedError(null, 'bad');
        await happen('insert', `insert ${table}`);
      },
    },
    columnsOf: () => ['n'],
    metrics: createWarehouseMetrics(new Registry()),
    logger: pino({ level: 'silent' }),
    daily: {
      touch: (day: string) => effects.push(`touch ${day}`),
      expectLeftBehind: () => undefined,
      refreshIfDue: async () => Promise.resolve(),
      refreshNow: async () => Promise.resolve(),
    },
    deadLetters: {
      write: async (records: readonly ParkedRecord[]) =>
        happen('dead letters', `dead letters ${records.map(({ reason }) => reason).join()}`),
      close: async () => Promise.resolve(),
    },
    deadLetterTopic: 'dead-letters',
    now: () => 0,
  };
  const error: unknown = await flush(deps, {
    buffer,
    parked: [unreadable],
    positions: [{ topic: 'outcomes', partition: 0, offset: 3n }],
    commit: async (positions) =>
      happen('commit', `commit ${positions[0]?.offset.toString() ?? ''}`),
    signal: new AbortController().signal,
  }).then(
    () => null,
    (caught: unknown) => caught,
  );
  return { effects, error };
}

describe('flush', () => {
  test('rows, then dead letters, then days, then offsets', async () => {
    const { effects, error } = await flushed();
    expect(error).toBeNull();
    expect(effects).toEqual([
      'insert message_outcomes_log',
      'insert dead_letters_log',
      'dead letters bad_magic',
      'touch 2026-07-01',
      'commit 3',
    ]);
  });

  test.each([
    ['insert', []],
    ['dead letters', ['insert message_outcomes_log', 'insert dead_letters_log']],
    [
      'commit',
      [
        'insert message_outcomes_log',
        'insert dead_letters_log',
        'dead letters bad_magic',
        'touch 2026-07-01',
      ],
    ],
  ] as const)('a failure of %s leaves the offsets where they were', async (step, before) => {
    const { effects, error } = await flushed(step);
    expect(error).toBe(outage);
    expect(effects).toEqual(before);
  });

  test('a refused row is a dead letter before the offsets move', async () => {
    const { effects, error } = await flushed(undefined, 'outcomes');
    expect(error).toBeNull();
    expect(effects.indexOf('dead letters bad_magic,row_refused')).toBeGreaterThan(-1);
    expect(effects.at(-1)).toBe('commit 3');
  });

  test('a refused row of a dead letter stops: it must not beget itself for ever', async () => {
    const { effects, error } = await flushed(undefined, 'dead-letters');
    expect(error).toMatchObject({ name: 'OperationError', retriable: false });
    expect(effects).not.toContain('commit 3');
  });
});
