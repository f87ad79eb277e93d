import { OperationError } from '@landed/schemas/fate';
import type { Logger } from 'pino';
import { backOffMs, pause } from '../log/deadline.ts';
import { serialise } from './buffer.ts';
import type { BufferedRow, TableRows } from './buffer.ts';
import type { ClickHouse } from './clickhouse.ts';
import type { WarehouseMetrics } from './metrics.ts';
import { RowRefusedError } from './row-refused.ts';

/** A row that ClickHouse will never take, and why (without any value). */
export type RefusedRow = { readonly row: BufferedRow; readonly reason: string };

export type InsertDeps = {
  readonly clickhouse: Pick<ClickHouse, 'insert'>;
  readonly columnsOf: (table: TableRows['table']) => readonly string[];
  readonly metrics: WarehouseMetrics;
  readonly logger: Logger;
};

/** More refused rows in one flush are no bad rows but a wrong table: stop, a person must look. */
export const REFUSED_ROWS_MAX = 10;

const BACK_OFF_FIRST_MS = 100;
const BACK_OFF_MAX_MS = 15_000;
/** After the first failure one line a so many attempts. */
const ATTEMPTS_PER_LINE = 20;

const jittered = (ms: number): number => ms / 2 + (Math.random() * ms) / 2;

/** Sends the same bytes under the same token until they are in. Rejects when the signal aborts. */
async function insertUntilDone(
  deps: InsertDeps,
  { table, rows }: TableRows,
  signal: AbortSignal,
): Promise<void> {
  const { clickhouse, metrics, logger } = deps;
  const { bytes, token } = serialise(rows);
  const columns = deps.columnsOf(table);
  for (let attempt = 0; ; attempt++) {
    if (signal.aborted)
      throw new OperationError('stopped before the rows were in', { retriable: true });
    const startedAt = performance.now();
    try {
      await clickhouse.insert({ table, columns, bytes, rows: rows.length, token }, signal);
      metrics.inserted(table, rows.length, performance.now() - startedAt);
      if (attempt > 0) logger.info({ table, attempts: attempt + 1 }, 'ClickHouse takes rows again');
      return;
    } catch (error) {
      if (!(error instanceof OperationError) || !error.retriable) throw error;
      metrics.retried(table);
      if (attempt % ATTEMPTS_PER_LINE === 0) {
        logger.warn({ table, rows: rows.length, reason: error.message, attempt }, 'insert failed');
      }
      await pause(jittered(backOffMs(attempt, BACK_OFF_FIRST_MS, BACK_OFF_MAX_MS)), signal);
    }
  }
}

/**
 * Writes rows of one table and finds those that can never be written: the row ClickHouse names is
 * tried alone, and where it names none the rows are halved.
 *
 * @returns the rows refused, at most REFUSED_ROWS_MAX
 * @throws OperationError, not retriable, when more are refused; retriable when the signal aborts
 */
export async function insertRows(
  deps: InsertDeps,
  batch: TableRows,
  signal: AbortSignal,
): Promise<readonly RefusedRow[]> {
  const refused: RefusedRow[] = [];

  const insert = async (rows: readonly BufferedRow[]): Promise<void> => {
    const [first] = rows;
    if (first === undefined) return;
    try {
      await insertUntilDone(deps, { table: batch.table, rows }, signal);
    } catch (error) {
      if (!(error instanceof RowRefusedError)) throw error;
      if (rows.length === 1) {
        refused.push({ row: first, reason: error.reason });
        if (refused.length > REFUSED_ROWS_MAX) {
          throw new OperationError(
            `more than ${REFUSED_ROWS_MAX} rows of ${batch.table} refused: ${error.reason}`,
            { retriable: false, cause: error },
          );
        }
        return;
      }
      await split(rows, error.rowIndex);
    }
  };

  const split = async (rows: readonly BufferedRow[], suspect: number | null): Promise<void> => {
    if (suspect !== null && suspect < rows.length) {
      const before = refused.length;
      await insert(rows.slice(suspect, suspect + 1));
      const rest = rows.filter((_row, index) => index !== suspect);
      if (refused.length > before) {
        await insert(rest);
        return;
      }
      // The number was of another row: what is left is halved.
      await halve(rest);
      return;
    }
    await halve(rows);
  };

  const halve = async (rows: readonly BufferedRow[]): Promise<void> => {
    const middle = Math.ceil(rows.length / 2);
    await insert(rows.slice(0, middle));
    await insert(rows.slice(middle));
  };

  await insert(batch.rows);
  return refused;
}
