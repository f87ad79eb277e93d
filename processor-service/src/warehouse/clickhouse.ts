import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { OperationError } from '@landed/schemas/fate';
import type { ClickHouseAddress } from './config.ts';
import { readRefusal } from './row-refused.ts';

export type Insert = {
  readonly table: string;
  readonly columns: readonly string[];
  /** Rows as JSONCompactEachRow. */
  readonly bytes: Buffer;
  readonly rows: number;
  /** Inserts with one token and the same bytes count once. */
  readonly token: string;
};

export type ClickHouse = {
  /**
   * Writes all rows of the bytes or none of them. Rejects with RowRefusedError when a row can never
   * be taken, else with a retriable OperationError.
   */
  readonly insert: (insert: Insert, signal?: AbortSignal) => Promise<void>;
  /** Runs a statement without a result. Rejects with a retriable OperationError. */
  readonly command: (sql: string, signal?: AbortSignal) => Promise<void>;
  /** Reads a result in pieces, rows as arrays. Rejects with a retriable OperationError. */
  readonly read: (sql: string) => AsyncGenerator<readonly (readonly unknown[])[], void, void>;
  readonly close: () => Promise<void>;
};

const INSERT_DEADLINE_MS = 60_000;

/*
 * Defaults differ between versions and editions (asynchronous inserts are on by default in 26), and
 * some lose data without a word, so everything that matters is said with every insert.
 */
const INSERT_SETTINGS: ClickHouseSettings = {
  async_insert: 0,
  wait_end_of_query: 1,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  input_format_skip_unknown_fields: 0,
  // A null where none may be is refused, not turned into a default.
  input_format_null_as_default: 0,
  date_time_input_format: 'basic',
};

/** Whole numbers beyond 2^53 come as text, so that nothing is rounded on the way. */
const READ_SETTINGS: ClickHouseSettings = {
  output_format_json_quote_64bit_integers: 1,
  date_time_output_format: 'simple',
  wait_end_of_query: 0,
};

function outage(host: string, cause: unknown): OperationError {
  if (cause instanceof OperationError) return cause;
  const reason =
    cause instanceof ClickHouseError
      ? `${cause.type ?? 'error'} (code ${cause.code})`
      : cause instanceof Error
        ? ((cause as NodeJS.ErrnoException).code ?? cause.message)
        : 'no reason given';
  return new OperationError(`ClickHouse at ${host}: ${reason}`, { retriable: true, cause });
}

async function drain(stream: Readable): Promise<void> {
  stream.resume();
  await finished(stream);
}

/** @returns rows the server says it has written; -1 when it does not say */
async function sendRows(
  client: ClickHouseClient,
  insert: Insert,
  token: string,
  signal?: AbortSignal,
): Promise<number> {
  const { stream, summary } = await client.exec({
    query: `INSERT INTO ${insert.table} (${insert.columns.join(', ')}) FORMAT JSONCompactEachRow`,
    values: Readable.from(insert.bytes, { objectMode: false }),
    clickhouse_settings: { ...INSERT_SETTINGS, insert_deduplication_token: token },
    ...(signal === undefined ? {} : { abort_signal: signal }),
  });
  await drain(stream);
  return Number(summary?.written_rows ?? -1);
}

/** A connection to ClickHouse's HTTP interface: every call has a deadline. */
export function createClickHouse(
  address: ClickHouseAddress,
  options: { readonly timeoutMs?: number; readonly application?: string } = {},
): ClickHouse {
  const { host } = new URL(address.url);
  const client: ClickHouseClient = createClient({
    url: address.url,
    username: address.user,
    password: address.password,
    database: address.database,
    application: options.application ?? 'landed',
    request_timeout: options.timeoutMs ?? INSERT_DEADLINE_MS,
    max_open_connections: 8,
    compression: { request: false, response: false },
    // Its messages quote values of rows; what matters of them is in our own errors.
    log: { level: ClickHouseLogLevel.OFF },
  });

  return {
    insert: async (insert, signal) => {
      try {
        const written = await sendRows(client, insert, insert.token, signal);
        if (written >= insert.rows || written < 0) return;
        // A repeat may count as nothing written. Without the token it must count in full: the engines
        // take a second copy of a row for the first.
        const again = await sendRows(client, insert, `${insert.token}-again`, signal);
        if (again >= insert.rows) return;
        throw new OperationError(
          `ClickHouse at ${host}: ${again} of ${insert.rows} rows written to ${insert.table}`,
          { retriable: true },
        );
      } catch (cause) {
        const refusal =
          cause instanceof ClickHouseError ? readRefusal(cause, insert.columns) : null;
        throw refusal ?? outage(host, cause);
      }
    },
    command: async (sql, signal) => {
      try {
        await client.command({
          query: sql,
          clickhouse_settings: { wait_end_of_query: 1 },
          ...(signal === undefined ? {} : { abort_signal: signal }),
        });
      } catch (cause) {
        throw outage(host, cause);
      }
    },
    read: async function* (sql) {
      try {
        const result = await client.query({
          query: sql,
          format: 'JSONCompactEachRow',
          clickhouse_settings: READ_SETTINGS,
        });
        for await (const rows of result.stream()) {
          yield rows.map((row) => row.json<readonly unknown[]>());
        }
      } catch (cause) {
        throw outage(host, cause);
      }
    },
    close: async () => client.close(),
  };
}
