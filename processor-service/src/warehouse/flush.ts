import { OperationError } from '@landed/schemas/fate';
import type { Position } from '../log/partition-reader.ts';
import type { RowBuffer } from './buffer.ts';
import type { Daily } from './daily.ts';
import type { DeadLetterWriter, ParkedRecord } from './dead-letter-writer.ts';
import { insertRows } from './insert-rows.ts';
import type { InsertDeps, RefusedRow } from './insert-rows.ts';

/*
 * How rows become durable. Nothing else writes ClickHouse or commits, and the order is what makes a
 * crash harmless at every point: offsets come last, and whatever was done before them is done again
 * by the next owner, cut differently, without a trace (the engines keep one row a key).
 */

export type FlushDeps = InsertDeps & {
  readonly daily: Daily;
  readonly deadLetters: DeadLetterWriter;
  readonly deadLetterTopic: string;
  readonly now: () => number;
};

export type Flush = {
  readonly buffer: RowBuffer;
  readonly parked: readonly ParkedRecord[];
  readonly positions: readonly Position[];
  readonly commit: (positions: readonly Position[]) => Promise<void>;
  readonly signal: AbortSignal;
};

function parkedFrom({ row, reason }: RefusedRow): ParkedRecord {
  return {
    origin: row.origin,
    reason: 'row_refused',
    detail: `ClickHouse does not take the row: ${reason}.`,
  };
}

/** Rejects with the first reason, but only when every part has come to an end. */
async function all<T>(parts: readonly Promise<T>[]): Promise<readonly T[]> {
  const settled = await Promise.allSettled(parts);
  const failed = settled.find((part) => part.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return settled.flatMap((part) => (part.status === 'fulfilled' ? [part.value] : []));
}

/**
 * Writes everything that is buffered and moves the group on.
 *
 * @throws OperationError: retriable when the signal aborts or Kafka is away, not retriable when
 *   ClickHouse refuses more rows than bad data explains
 */
export async function flush(deps: FlushDeps, job: Flush): Promise<void> {
  const { daily, deadLetters, metrics } = deps;
  const tables = job.buffer.take();

  // 1. Rows, one insert a table. A crash in or after it: the rows are written again and collapse.
  const refused = (
    await all(tables.map(async (table) => insertRows(deps, table, job.signal)))
  ).flat();
  const own = refused.find(({ row }) => row.origin.topic === deps.deadLetterTopic);
  if (own !== undefined) {
    throw new OperationError(`the table of dead letters refuses a row: ${own.reason}`, {
      retriable: false,
    });
  }
  const writtenAt = deps.now();

  // 2. What can make no row is kept as a dead letter. A crash after it: it is written again and known
  //    by where it came from.
  const parked = [...job.parked, ...refused.map(parkedFrom)];
  await deadLetters.write(parked);
  for (const { reason } of parked) metrics.parked(reason);

  // 3. Days to recompute. A crash after it: the next owner finds them by the time they were written.
  for (const { rows } of tables) {
    for (const { day, receivedAt } of rows) {
      if (day !== undefined) daily.touch(day);
      if (receivedAt !== undefined) metrics.fresh(writtenAt - receivedAt);
    }
  }

  // 4. The group moves on. When this is refused the rows stand all the same.
  await job.commit(job.positions);
}
