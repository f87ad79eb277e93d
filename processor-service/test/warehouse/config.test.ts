import { describe, expect, test } from 'vitest';
import { SettingsError } from '@landed/schemas/settings';
import { loadClickHouseAddress, loadWarehouseSettings } from '../../src/warehouse/config.ts';

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    loadWarehouseSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
};

describe('warehouse settings', () => {
  test('have the defaults of the embedded stack', () => {
    expect(loadWarehouseSettings({})).toEqual({
      clickhouse: {
        url: 'http://127.0.0.1:18123',
        database: 'landed',
        user: 'default',
        password: '',
        cluster: undefined,
      },
      flushMs: 500,
      flushRowsMax: 20_000,
      flushBytesMax: 16 * 1024 * 1024,
      dailyRefreshMs: 3_000,
    });
  });

  test('every problem at once, no password among them', () => {
    const problems = problemsOf({
      CLICKHOUSE_URL: 'http://me:hidden-password@host:8123',
      CLICKHOUSE_DATABASE: 'a b; DROP',
      CLICKHOUSE_CLUSTER: "c'",
      WAREHOUSE_FLUSH_MS: '0',
      WAREHOUSE_FLUSH_ROWS: 'many',
    });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'CLICKHOUSE_URL',
      'CLICKHOUSE_DATABASE',
      'CLICKHOUSE_CLUSTER',
      'WAREHOUSE_FLUSH_MS',
      'WAREHOUSE_FLUSH_ROWS',
    ]);
    expect(problems.join()).not.toContain('hidden-password');
    expect(problemsOf({ CLICKHOUSE_URL: 'tcp://host:9000' })).toHaveLength(1);
  });

  test('the address is read alone for commands', () => {
    const env = {
      CLICKHOUSE_URL: 'https://ch:8443',
      CLICKHOUSE_USER: 'u',
      CLICKHOUSE_PASSWORD: 'p',
    };
    expect(loadClickHouseAddress(env)).toMatchObject({
      url: 'https://ch:8443',
      user: 'u',
      password: 'p',
    });
  });
});
