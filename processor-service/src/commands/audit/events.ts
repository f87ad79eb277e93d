import { createDecoder } from '@landed/schemas/codec';
import type { MessageOutcome } from '@landed/schemas/events.gen';
import { createRawDecoder } from '../../task/decode.ts';
import { NOWHERE, instantOf, partOf, textOf } from './context.ts';
import type { AuditDeps } from './context.ts';
import type { DeadLetterIndex } from './dead-letter-index.ts';
import { keptSince } from './kept-since.ts';
import { createOutcomeFeed } from './outcome-feed.ts';
import { auditRawPartition } from './raw-partition.ts';
import type { Suspect } from './raw-partition.ts';
import { expectRecords } from './table-records.ts';
import type { TablePart } from './table-records.ts';
import { auditRows } from './table-rows.ts';

async function* outcomesOf(
  part: TablePart<MessageOutcome>,
): AsyncGenerator<readonly MessageOutcome[], void, void> {
  for await (const page of expectRecords(part)) yield page.map(({ record }) => record);
}

const SUSPECTS_MAX = 1_000;
const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** Where the beginning of the raw topic is gone, an event that has its row already was a repeat. */
async function judgeSuspects(
  deps: AuditDeps,
  suspects: readonly Suspect[],
  isBeginningGone: boolean,
): Promise<void> {
  const { tally, clickhouse, sources } = deps;
  const known = new Set<string>();
  if (isBeginningGone && suspects.length > 0) {
    const ids = suspects.slice(0, SUSPECTS_MAX).map(({ id }) => quoted(id));
    const sql = `SELECT DISTINCT workspace, event_id FROM ${sources.outcomes.table.view}
WHERE event_id IN (${ids.join(', ')})`;
    for await (const rows of clickhouse.read(sql)) for (const row of rows) known.add(row.join('/'));
  }
  for (const { workspace, id, detail, at } of suspects) {
    if (known.has(`${workspace}/${id}`)) tally.count('duplicates', at);
    else tally.find({ kind: 'lost', where: 'outcomes', id, detail }, at);
  }
}

/**
 * Raw records of one partition and what they led to.
 *
 * @returns the rows there must be
 */
export async function auditEvents(
  deps: AuditDeps,
  partition: number,
  deadLetters: DeadLetterIndex,
): Promise<TablePart<MessageOutcome>> {
  const { reader, topics, cut, tally, sources } = deps;
  const reach = cut.raw[partition] ?? NOWHERE;
  const outcomesReach = cut.outcomes[partition] ?? NOWHERE;
  const part = partOf(deps, sources.outcomes, partition, outcomesReach, deadLetters.isParked);
  const since = Math.max(
    deadLetters.keptSince,
    await keptSince(reader, topics.outcomes, partition, outcomesReach),
  );
  const suspects = await auditRawPartition(
    {
      partition,
      reach,
      pages: reader.read({ topic: topics.raw, partition, from: reach.earliest, to: reach.end }),
      decoder: createRawDecoder({
        decoder: createDecoder('RawWebhook', deps.fetchSchema),
        sealer: deps.sealer,
        partition,
        partitions: cut.raw.length,
      }),
      outcomes: createOutcomeFeed(outcomesOf(part)),
      deadLetters,
      promised: deps.promised,
      hashAddress: deps.hashAddress,
      tally,
    },
    since,
  );
  await judgeSuspects(deps, suspects, reach.earliest > 0n);
  return part;
}

/** The rows of outcomes, an hour each by when the request was received. */
export async function auditOutcomeRows(
  { clickhouse, tally }: AuditDeps,
  parts: readonly TablePart<MessageOutcome>[],
): Promise<void> {
  await auditRows(parts, {
    clickhouse,
    onRow: (row) => tally.count('rows', instantOf(row, 'received_at')),
    atOf: (row) => instantOf(row, 'received_at'),
    rowId: (row) => textOf(row, 'event_id'),
  });
}
