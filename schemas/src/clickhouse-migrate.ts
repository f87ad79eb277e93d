import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { ClickHouseClient } from '@clickhouse/client';
import { OperationError } from './fate.ts';

/*
 * Applies the numbered SQL files of `schemas/clickhouse` in order. ClickHouse has neither
 * transactional DDL nor locks: a file may stop half-way and two runners may meet, so every statement
 * is idempotent and the ledger is written after its file. A file that was applied never changes: the
 * runner refuses one whose hash differs; the change belongs into the next number.
 */

export type WarehouseAddress = {
  readonly url: string;
  readonly database: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
};

export type MigrateOptions = WarehouseAddress & {
  /** Cluster name for `ON CLUSTER`; tables become replicated. Without it: one server, or Cloud. */
  readonly cluster?: string | undefined;
  /** True: only compare, change nothing. */
  readonly isCheck?: boolean;
  /** Folder of the files, for tests. */
  readonly folder?: URL;
  /** Deadline of each statement, ms. */
  readonly timeoutMs?: number;
};

export type Migration = {
  readonly version: number;
  readonly name: string;
  readonly sha256: string;
  /** Statements with the template words still in them. */
  readonly statements: readonly string[];
};

export type MigrateResult = {
  /** Names of the files that were applied now. */
  readonly applied: readonly string[];
  /** Names of the files that are not applied (only with `isCheck`). */
  readonly pending: readonly string[];
};

const FOLDER = new URL('../clickhouse/', import.meta.url);
const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const CLUSTER = /^[A-Za-z0-9_.{}-]{1,64}$/;

/** The statements of one file: whole-line comments left out, cut where a line ends with `;`. */
export function splitStatements(sql: string): readonly string[] {
  const code = sql
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('--'))
    .join('\n');
  return code
    .split(/;[ \t]*(?:\r?\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

/**
 * Reads the migrations in order.
 *
 * @throws OperationError when a name does not fit or two files share a number
 */
export function readMigrations(folder: URL = FOLDER): readonly Migration[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  const migrations = names.map((name): Migration => {
    const version = Number(FILE_NAME.exec(name)?.[1] ?? 0);
    if (version === 0) {
      throw new OperationError(`${name} is not named like 0001_words.sql`, { retriable: false });
    }
    const text = readFileSync(new URL(name, folder), 'utf8');
    const sha256 = createHash('sha256').update(text).digest('hex');
    return { version, name, sha256, statements: splitStatements(text) };
  });
  const twice = migrations.find((one, index) => migrations[index - 1]?.version === one.version);
  if (twice) throw new OperationError(`number of ${twice.name} is taken`, { retriable: false });
  return migrations;
}

type Words = { readonly database: string; readonly onCluster: string; readonly engine: string };

function wordsOf(options: MigrateOptions): Words {
  const { database, cluster } = options;
  if (!IDENTIFIER.test(database)) {
    throw new OperationError('the database name must be letters, digits and underscores', {
      retriable: false,
    });
  }
  if (cluster !== undefined && !CLUSTER.test(cluster)) {
    throw new OperationError('the cluster name has unusual characters', { retriable: false });
  }
  return cluster === undefined
    ? { database, onCluster: '', engine: '' }
    : { database, onCluster: `ON CLUSTER '${cluster}'`, engine: 'Replicated' };
}

/** Fills the template words of a statement; a word nobody knows is an error, not an empty text. */
export function fillStatement(statement: string, words: Words): string {
  const known: Readonly<Record<string, string>> = {
    database: words.database,
    on_cluster: words.onCluster,
    engine: words.engine,
  };
  return statement.replace(/\{\{([a-z_]*)\}\}/g, (_all, word: string) => {
    const value = known[word];
    if (value === undefined) {
      throw new OperationError(`unknown word {{${word}}} in SQL`, { retriable: false });
    }
    return value;
  });
}

const LEDGER = `CREATE TABLE IF NOT EXISTS {{database}}.schema_migrations {{on_cluster}}
(
    version UInt32 COMMENT 'Number of the file.',
    name String COMMENT 'Name of the file.',
    sha256 String COMMENT 'SHA-256 of its text, lower-case hex. An applied file never changes.',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When it was applied.'
)
ENGINE = {{engine}}ReplacingMergeTree(applied_at)
ORDER BY version
COMMENT 'Which files of schemas/clickhouse were applied.'`;

/** `version` is a UInt32: never quoted. */
type Applied = { readonly version: number; readonly name: string; readonly sha256: string };

async function readLedger(client: ClickHouseClient, database: string): Promise<readonly Applied[]> {
  const tables = await client.query({
    query:
      "SELECT count() AS n FROM system.tables WHERE database = {database:String} AND name = 'schema_migrations'",
    query_params: { database },
    format: 'JSONEachRow',
  });
  const [found] = await tables.json<{ n: number | string }>();
  if (Number(found?.n ?? 0) === 0) return [];
  const rows = await client.query({
    query: `SELECT version, name, sha256 FROM ${database}.schema_migrations FINAL ORDER BY version`,
    format: 'JSONEachRow',
  });
  return rows.json<Applied>();
}

/** Migrations still to apply. Throws when an applied file is no longer what was applied. */
export function pendingMigrations(
  migrations: readonly Migration[],
  ledger: readonly Applied[],
): readonly Migration[] {
  const byVersion = new Map(ledger.map((applied) => [applied.version, applied]));
  const changed = migrations.filter((migration) => {
    const applied = byVersion.get(migration.version);
    return applied !== undefined && applied.sha256 !== migration.sha256;
  });
  if (changed.length > 0) {
    const told = changed.map((migration) => migration.name).join(', ');
    throw new OperationError(
      `changed after it was applied: ${told}. Put the change into a new numbered file.`,
      { retriable: false },
    );
  }
  return migrations.filter((migration) => !byVersion.has(migration.version));
}

async function apply(client: ClickHouseClient, migration: Migration, words: Words): Promise<void> {
  for (const [index, statement] of migration.statements.entries()) {
    try {
      await client.command({ query: fillStatement(statement, words) });
    } catch (cause) {
      if (cause instanceof OperationError) throw cause;
      const reason = cause instanceof Error ? cause.message : 'no reason given';
      throw new OperationError(`${migration.name}, statement ${index + 1}: ${reason}`, {
        retriable: true,
        cause,
      });
    }
  }
  await client.insert({
    table: `${words.database}.schema_migrations`,
    columns: ['version', 'name', 'sha256'],
    values: [[migration.version, migration.name, migration.sha256]],
    format: 'JSONCompactEachRow',
  });
}

/**
 * Brings the database to the newest schema, or with `isCheck` says what is missing. Running it again,
 * or after it stopped half-way, is harmless.
 *
 * @throws OperationError when an applied file changed or the server refuses a statement
 */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  const words = wordsOf(options);
  const migrations = readMigrations(options.folder);
  const { host } = new URL(options.url);
  const client = createClient({
    url: options.url,
    username: options.user ?? 'default',
    password: options.password ?? '',
    application: 'landed-migrate',
    log: { level: ClickHouseLogLevel.OFF },
    request_timeout: options.timeoutMs ?? 60_000,
    clickhouse_settings: { wait_end_of_query: 1, async_insert: 0 },
  });
  try {
    const before = await readLedger(client, words.database);
    const pending = pendingMigrations(migrations, before);
    if (options.isCheck === true) {
      return { applied: [], pending: pending.map((migration) => migration.name) };
    }
    if (pending.length > 0) {
      const database = 'CREATE DATABASE IF NOT EXISTS {{database}} {{on_cluster}}';
      await client.command({ query: fillStatement(database, words) });
      await client.command({ query: fillStatement(LEDGER, words) });
    }
    for (const migration of pending) await apply(client, migration, words);
    return { applied: pending.map((migration) => migration.name), pending: [] };
  } catch (cause) {
    if (cause instanceof OperationError) throw cause;
    const reason = cause instanceof Error ? cause.message : 'no reason given';
    throw new OperationError(`ClickHouse at ${host}: ${reason}`, { retriable: true, cause });
  } finally {
    await client.close();
  }
}
