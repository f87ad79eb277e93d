import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createClient } from '@clickhouse/client';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { fillStatement, migrate, readMigrations } from '@landed/schemas/clickhouse-migrate';

const { clickhouseUrl: url } = inject('stack');
const database = `migrate_${Math.random().toString(36).slice(2, 8)}`;
const client = createClient({ url, database });

const ours = new URL('../clickhouse/', import.meta.url);
const copied = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'landed-sql-'));
  for (const name of readdirSync(ours)) {
    writeFileSync(join(folder, name), readFileSync(join(fileURLToPath(ours), name)));
  }
  return folder;
};
const query = async <T>(sql: string): Promise<T[]> => {
  const result = await client.query({ query: sql, format: 'JSONEachRow' });
  return result.json<T>();
};

describe('migrations on a server', () => {
  const folder = copied();
  const options = { url, database, folder: pathToFileURL(`${folder}/`) };

  afterAll(async () => {
    await client.command({ query: `DROP DATABASE IF EXISTS ${database}` });
    await client.close();
  });

  test('a check changes nothing and names what is missing; applying it twice applies it once', async () => {
    const names = readdirSync(folder).sort();
    expect(await migrate({ ...options, isCheck: true })).toEqual({ applied: [], pending: names });
    const none = await migrate({ ...options, isCheck: true });
    expect(none.pending).toEqual(names);
    expect(await migrate(options)).toEqual({ applied: names, pending: [] });
    expect(await migrate(options)).toEqual({ applied: [], pending: [] });
    expect(await migrate({ ...options, isCheck: true })).toEqual({ applied: [], pending: [] });
  });

  test('stopped half-way: running again completes it', async () => {
    await client.command({ query: `DROP VIEW ${database}.daily` });
    await client.command({ query: `DELETE FROM ${database}.schema_migrations WHERE version = 5` });
    expect((await migrate(options)).applied).toEqual(['0005_daily.sql']);
    expect(await query('SELECT count() AS n FROM daily')).toHaveLength(1);
  });

  test('a new file is applied, a statement the server refuses is told with file and number', async () => {
    writeFileSync(
      join(folder, '0098_more.sql'),
      'CREATE TABLE {{database}}.more (n UInt8) ENGINE = Memory;\n',
    );
    expect((await migrate(options)).applied).toEqual(['0098_more.sql']);
    writeFileSync(join(folder, '0099_bad.sql'), 'SELECT 1;\nCREATE NONSENSE;\n');
    await expect(migrate(options)).rejects.toThrow(/0099_bad\.sql, statement 2/);
  });

  test('an applied file that changed is refused, and nothing is applied', async () => {
    const file = join(folder, '0006_dead_letters.sql');
    writeFileSync(file, `${readFileSync(file, 'utf8')}\n-- one more word\n`);
    await expect(migrate(options)).rejects.toMatchObject({
      retriable: false,
      message: expect.stringContaining('0006_dead_letters.sql') as string,
    });
    await expect(migrate({ ...options, isCheck: true })).rejects.toMatchObject({
      retriable: false,
    });
  });

  test('every table, view and column of a table or view says what it is', async () => {
    const tables = await query<{ name: string }>(
      `SELECT name FROM system.tables WHERE database = '${database}' AND comment = '' AND name NOT LIKE 'more'`,
    );
    expect(tables).toEqual([]);
    const columns = await query<{ table: string; name: string }>(
      `SELECT table, name FROM system.columns WHERE database = '${database}' AND comment = ''
        AND table NOT IN ('deliveries_feed', 'more')`,
    );
    expect(columns).toEqual([]);
  });

  test('the feed answers to its common names, and conditions on them still prune by month', async () => {
    await client.command({
      query: `INSERT INTO message_outcomes_log (workspace, event_id, profile_id, occurred_at, delivery_id)
        VALUES ('acme', 'e', 'acme/cio:1', now64(3), 'd')`,
    });
    const [plan] = await query<{ text: string }>(
      `SELECT arrayStringConcat(groupArray(explain), '\\n') AS text FROM (
        EXPLAIN indexes = 1 SELECT event_type, message_id, workflow_id FROM message_outcomes
        WHERE timestamp >= '2026-06-01' AND workspace = 'acme' AND message_id = 'd')`,
    );
    expect(plan?.text).toContain('toYYYYMM(occurred_at) in [202606');
    expect(plan?.text).toContain('workspace in [');
    expect(plan?.text).toContain('ix_delivery');
  });

  test('the statements for a cluster are statements too', async () => {
    const words = { database, onCluster: "ON CLUSTER 'main'", engine: 'Replicated' };
    for (const statement of readMigrations().flatMap(({ statements }) => statements)) {
      const [answer] = await client
        .query({
          query: 'SELECT formatQuery({text:String}) AS text',
          query_params: { text: fillStatement(statement, words) },
          format: 'JSONEachRow',
        })
        .then(async (result) => result.json<{ text: string }>());
      expect(answer?.text).toContain('ON CLUSTER main');
    }
  });

  test('a server that is away is an outage', async () => {
    const away = migrate({ url: 'http://127.0.0.1:1', database, timeoutMs: 1_000 });
    await expect(away).rejects.toMatchObject({ name: 'OperationError', retriable: true });
  });

  test('a database name that is no name is refused before anything is asked', async () => {
    const bad = migrate({ url, database: 'a; DROP DATABASE landed' });
    await expect(bad).rejects.toMatchObject({ retriable: false });
  });
});
