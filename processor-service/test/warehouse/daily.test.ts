import { readFileSync } from 'node:fs';
import pino from 'pino';
import { describe, expect, test } from 'vitest';
import { OperationError } from '@landed/schemas/fate';
import { createDaily, dailyRefresh } from '../../src/warehouse/daily.ts';

const { signal } = new AbortController();

function fakeWarehouse(leftBehind: readonly string[] = []) {
  const commands: string[] = [];
  let isAway = false;
  let reads = 0;
  let now = 0;
  const daily = createDaily({
    clickhouse: {
      command: async (sql) => {
        if (isAway) throw new OperationError('away', { retriable: true });
        commands.push(sql);
        return Promise.resolve();
      },
      read: async function* () {
        reads += 1;
        yield await Promise.resolve(leftBehind.map((day) => [day]));
      },
    },
    intervalMs: 1_000,
    now: () => now,
    metrics: { refreshed: () => undefined },
    logger: pino({ level: 'silent' }),
  });
  return {
    daily,
    commands,
    reads: () => reads,
    setAway: (away: boolean) => {
      isAway = away;
    },
    at: async (ms: number) => {
      now = ms;
      await daily.refreshIfDue(signal);
    },
  };
}

const daysOf = (sql: string): string[] => [
  ...new Set([...sql.matchAll(/toDate\('([\d-]+)'\)/g)].map((match) => match[1] ?? '')),
];

describe('daily', () => {
  test('the statement fills the columns of the table, and takes nothing but days', () => {
    const sql = dailyRefresh(['2026-07-01', "2026-07-02') OR 1", '2026-07-03']);
    expect(daysOf(sql)).toEqual(['2026-07-01', '2026-07-03']);
    const file = new URL('../../../schemas/clickhouse/0005_daily.sql', import.meta.url);
    const [log = ''] = readFileSync(file, 'utf8').split('CREATE OR REPLACE VIEW');
    const columns = [...log.matchAll(/^ {4}(\w+) .*COMMENT '/gm)].map((match) => match[1]);
    const [, inserted = ''] = /INSERT INTO daily_log \(([^)]+)\)/.exec(sql) ?? [];
    expect(inserted.split(', ')).toEqual(columns.filter((name) => name !== 'computed_at'));
  });

  test('touched days are refreshed when it is time, once', async () => {
    const { daily, commands, at } = fakeWarehouse();
    daily.touch('2026-07-01');
    daily.touch('2026-07-01');
    await at(999);
    expect(commands).toEqual([]);
    await at(1_000);
    expect(commands.map(daysOf)).toEqual([['2026-07-01']]);
    await at(9_000);
    expect(commands).toHaveLength(1);
  });

  test('before a stop they are refreshed at once', async () => {
    const { daily, commands } = fakeWarehouse();
    daily.touch('2026-07-01');
    await daily.refreshNow(signal);
    await daily.refreshNow(signal);
    expect(commands.map(daysOf)).toEqual([['2026-07-01']]);
  });

  test('a day that could not be refreshed stays touched', async () => {
    const { daily, commands, at, setAway } = fakeWarehouse();
    daily.touch('2026-07-01');
    setAway(true);
    await at(1_000);
    setAway(false);
    await at(3_000);
    expect(commands.map(daysOf)).toEqual([['2026-07-01']]);
  });

  test('days others left behind are looked for at the start, and when asked', async () => {
    const { daily, commands, at, reads } = fakeWarehouse(['2026-06-30']);
    await at(1_000);
    expect(commands.map(daysOf)).toEqual([['2026-06-30']]);
    await at(5_000);
    expect(reads()).toBe(1);
    daily.expectLeftBehind();
    await at(9_000);
    expect(reads()).toBe(2);
  });

  test('a long backlog is worked off a week at a time, the newest days first', async () => {
    const { daily, commands, at } = fakeWarehouse();
    for (let day = 1; day <= 10; day++) daily.touch(`2026-07-${String(day).padStart(2, '0')}`);
    await at(1_000);
    await at(100_000);
    expect(commands.map((sql) => daysOf(sql).length)).toEqual([7, 3]);
    expect(daysOf(commands[0] ?? '')).toContain('2026-07-10');
  });
});
