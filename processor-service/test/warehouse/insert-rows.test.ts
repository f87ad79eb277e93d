import pino from 'pino';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { OperationError } from '@landed/schemas/fate';
import { serialise } from '../../src/warehouse/buffer.ts';
import type { BufferedRow } from '../../src/warehouse/buffer.ts';
import type { Insert } from '../../src/warehouse/clickhouse.ts';
import { REFUSED_ROWS_MAX, insertRows } from '../../src/warehouse/insert-rows.ts';
import { createWarehouseMetrics } from '../../src/warehouse/metrics.ts';
import { RowRefusedError } from '../../src/warehouse/row-refused.ts';

const row = (at: number, text = 'good'): BufferedRow => ({
  line: `["${text}",${at}]\n`,
  origin: {
    topic: 'outcomes',
    partition: 0,
    offset: BigInt(at),
    timestamp: 0,
    key: null,
    value: null,
  },
});
const rowsOf = (count: number, bad: readonly number[]): BufferedRow[] =>
  Array.from({ length: count }, (_, at) => row(at, bad.includes(at) ? 'bad' : 'good'));

/** A server that takes all rows or none, and says what is wrong the way it is told to. */
function fakeServer(options: { names?: 'right' | 'wrong' | 'none'; outages?: number } = {}) {
  const stored: string[] = [];
  const inserts: Insert[] = [];
  let outages = options.outages ?? 0;
  const insert = async (job: Insert): Promise<void> => {
    inserts.push(job);
    if (outages-- > 0) throw new OperationError('away', { retriable: true });
    const lines = job.bytes.toString().split('\n').filter(Boolean);
    expect(lines).toHaveLength(job.rows);
    const bad = lines.findIndex((line) => line.includes('bad'));
    if (bad >= 0) {
      const index = { right: bad, wrong: (bad + 1) % lines.length, none: null };
      throw new RowRefusedError(index[options.names ?? 'right'], 'CANNOT_PARSE_NUMBER in n');
    }
    stored.push(...lines);
    return Promise.resolve();
  };
  return { stored, inserts, insert };
}

const depsOf = (server: ReturnType<typeof fakeServer>) => ({
  clickhouse: { insert: server.insert },
  columnsOf: () => ['text', 'n'],
  metrics: createWarehouseMetrics(new Registry()),
  logger: pino({ level: 'silent' }),
});
const batch = (rows: readonly BufferedRow[]) => ({ table: 'message_outcomes_log' as const, rows });
const { signal } = new AbortController();

describe('insertRows', () => {
  test('an outage: the same bytes under the same token, until they are in', async () => {
    const server = fakeServer({ outages: 3 });
    expect(await insertRows(depsOf(server), batch(rowsOf(5, [])), signal)).toEqual([]);
    expect(server.inserts).toHaveLength(4);
    expect(new Set(server.inserts.map(({ token }) => token)).size).toBe(1);
    expect(new Set(server.inserts.map(({ bytes }) => bytes.toString())).size).toBe(1);
    expect(server.stored).toHaveLength(5);
  });

  test.each(['right', 'wrong', 'none'] as const)(
    'a bad row is found and left out, whatever row the server names (%s)',
    async (names) => {
      const server = fakeServer({ names });
      const refused = await insertRows(depsOf(server), batch(rowsOf(100, [0, 41, 99])), signal);
      const offsets = refused.map((one) => Number(one.row.origin.offset));
      expect(offsets.sort((a, b) => a - b)).toEqual([0, 41, 99]);
      expect(new Set(server.stored).size).toBe(97);
      expect(refused[0]?.reason).toBe('CANNOT_PARSE_NUMBER in n');
      expect(server.inserts.length).toBeLessThan(100);
    },
  );

  test('as many bad rows as are bearable are parked, one more stops', async () => {
    const bearable = Array.from({ length: REFUSED_ROWS_MAX }, (_, at) => at);
    const server = fakeServer();
    const some = await insertRows(depsOf(server), batch(rowsOf(50, bearable)), signal);
    expect(some).toHaveLength(REFUSED_ROWS_MAX);
    const tooMany = batch(rowsOf(50, [...bearable, REFUSED_ROWS_MAX]));
    await expect(insertRows(depsOf(fakeServer()), tooMany, signal)).rejects.toMatchObject({
      name: 'OperationError',
      retriable: false,
    });
  });

  test('a stop ends the waiting without an answer', async () => {
    const stopping = new AbortController();
    const server = fakeServer({ outages: 1e9 });
    const waiting = insertRows(depsOf(server), batch(rowsOf(2, [])), stopping.signal);
    setTimeout(() => stopping.abort(), 30);
    await expect(waiting).rejects.toMatchObject({ retriable: true });
  });

  test('what is no outage and no row is not swallowed', async () => {
    const deps = depsOf(fakeServer());
    const insert = async (): Promise<void> => Promise.reject(new TypeError('a bug'));
    const job = insertRows({ ...deps, clickhouse: { insert } }, batch(rowsOf(1, [])), signal);
    await expect(job).rejects.toThrow(TypeError);
  });
});

describe('token', () => {
  test('names the bytes: same rows same token, other rows or another cut another one', () => {
    const rows = rowsOf(10, []);
    expect(serialise(rows)).toEqual(serialise(rowsOf(10, [])));
    expect(serialise(rows).token).not.toBe(serialise(rows.slice(1)).token);
    expect(serialise(rows).token).not.toBe(serialise(rowsOf(10, [3])).token);
    expect(serialise(rows).token).toMatch(/^[0-9a-f]{64}$/);
  });
});
