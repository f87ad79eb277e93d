import type { MessageOutcome } from '@landed/schemas/events.gen';
import { createDecoder } from '@landed/schemas/codec';
import type { Sealer } from '@landed/schemas/seal';
import type { TopicNames } from '@landed/schemas/topics';
import type { PartitionReader } from '../../log/partition-reader.ts';
import { createRawDecoder } from '../../task/decode.ts';
import type { ClickHouse } from '../../warehouse/clickhouse.ts';
import type { Cell } from '../../warehouse/column.ts';
import type { Cut, Reach } from './cut.ts';
import { readDeadLetters } from './dead-letter-index.ts';
import type { DeadLetterIndex } from './dead-letter-index.ts';
import { keptSince } from './kept-since.ts';
import { createExpectation } from './expectation.ts';
import { createOutcomeFeed } from './outcome-feed.ts';
import type { Promised } from './promises.ts';
import { auditRawPartition } from './raw-partition.ts';
import type { Suspect } from './raw-partition.ts';
import type { Sources } from './sources.ts';
import { expectRecords } from './table-records.ts';
import type { Placed, TablePart, TableSource } from './table-records.ts';
import { auditRows } from './table-rows.ts';
import type { RowsDeps } from './table-rows.ts';
import type { Tally } from './tally.ts';
import { createVersions } from './versions.ts';

export type AuditDeps = {
  readonly reader: PartitionReader;
  readonly clickhouse: Pick<ClickHouse, 'read'>;
  readonly topics: TopicNames;
  readonly sources: Sources;
  readonly fetchSchema: (id: number) => Promise<string>;
  readonly sealer: Pick<Sealer, 'open'>;
  readonly hashAddress: (address: string) => string;
  readonly cut: Cut;
  readonly promised: Promised;
  readonly tally: Tally;
};

const NOWHERE: Reach = { earliest: 0n, end: 0n, committed: 0n };

type Row = ReadonlyMap<string, Cell>;

const textOf = (row: Row, name: string): string => {
  const value = row.get(name);
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
};
const instantOf = (row: Row, name: string): number => Number(textOf(row, name));

function partOf<R>(
  deps: AuditDeps,
  source: TableSource<R>,
  partition: number,
  reach: Reach,
  isParked: DeadLetterIndex['isParked'],
): TablePart<R> {
  const { reader, tally } = deps;
  const expected = createExpectation(source.table, source.keyColumns);
  return { reader, source, partition, reach, expected, isParked, tally };
}

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

/** Raw records of one partition, what they led to, and its rows. */
async function auditEvents(
  deps: AuditDeps,
  partition: number,
  deadLetters: DeadLetterIndex,
): Promise<void> {
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
  await auditRows(part, {
    clickhouse: deps.clickhouse,
    onRow: (row) => tally.count('rows', instantOf(row, 'received_at')),
    atOf: (row) => instantOf(row, 'received_at'),
    rowId: (row) => textOf(row, 'event_id'),
  });
}

/** Reads a table's topic to its end, then holds the rows against it. */
async function auditTable<R>(
  deps: AuditDeps,
  part: TablePart<R>,
  note: (placed: Placed<R>) => void,
  rows: Omit<RowsDeps, 'clickhouse'>,
): Promise<void> {
  for await (const page of expectRecords(part)) for (const placed of page) note(placed);
  await auditRows(part, { clickhouse: deps.clickhouse, ...rows });
}

/** Score changes and profiles of one partition, and their rows. */
async function auditPeople(
  deps: AuditDeps,
  partition: number,
  { isParked }: DeadLetterIndex,
): Promise<void> {
  const { cut, tally, sources } = deps;
  const changesReach = cut.scoreChanges[partition] ?? NOWHERE;
  const versions = createVersions(tally, changesReach.earliest === 0n);
  await auditTable(
    deps,
    partOf(deps, sources.scoreChanges, partition, changesReach, isParked),
    ({ record }) => {
      tally.extra('scoreChanges');
      versions.note(record);
    },
    {
      onRow: () => tally.extra('scoreChangeRows'),
      atOf: (row) => instantOf(row, 'changed_at'),
      rowId: (row) => `${textOf(row, 'profile_id')} version ${textOf(row, 'version')}`,
    },
  );
  const profilesReach = cut.profiles[partition] ?? NOWHERE;
  const part = partOf(deps, sources.profiles, partition, profilesReach, isParked);
  const stands = new Map<string, number>();
  await auditTable(
    deps,
    part,
    ({ record: { key, profile } }) => {
      if (profile === null) stands.delete(key);
      else stands.set(key, profile.version);
    },
    {
      onRow: () => tally.extra('profileRows'),
      atOf: () => null,
      rowId: (row) => textOf(row, 'profile_id'),
    },
  );
  tally.extra('profiles', stands.size);
  for (const [key, version] of stands) versions.confirm(key, version);
}

/** Rows that claim a partition there is not were written by nobody of ours. */
async function auditStrays(deps: AuditDeps): Promise<void> {
  const { cut, sources } = deps;
  const partitionsOf = [
    [sources.outcomes.table.view, cut.outcomes.length],
    [sources.scoreChanges.table.view, cut.scoreChanges.length],
    [sources.profiles.table.view, cut.profiles.length],
    [sources.deadLetters.table.view, cut.deadLetters.length],
  ] as const;
  for (const [view, partitions] of partitionsOf) {
    const sql = `SELECT count() FROM ${view} WHERE kafka_partition >= ${partitions}`;
    for await (const [row] of deps.clickhouse.read(sql)) {
      const rows = Number(row?.[0] ?? 0);
      if (rows === 0) continue;
      const detail = `${rows} rows of partitions there are not`;
      deps.tally.find({ kind: 'doubled', where: view, id: view, detail });
    }
  }
}

/**
 * The audit: what was promised is stored, what is stored led to exactly one outcome or dead letter, and
 * every record is exactly one row with its values. One partition at a time, so that memory holds
 * digests of one partition.
 */
export async function runAudit(deps: AuditDeps): Promise<void> {
  const { cut, tally, sources, reader, topics, promised, clickhouse } = deps;
  const { table, keyColumns } = sources.deadLetters;
  const expected = cut.deadLetters.map(() => createExpectation(table, keyColumns));
  const deadLetters = await readDeadLetters({
    reader,
    topics,
    reaches: cut.deadLetters,
    expected,
    promised,
    tally,
  });
  for (const partition of cut.raw.keys()) {
    await auditEvents(deps, partition, deadLetters);
    await auditPeople(deps, partition, deadLetters);
  }
  for (const [partition, reach] of cut.deadLetters.entries()) {
    const { isParked } = deadLetters;
    const part = partOf(deps, sources.deadLetters, partition, reach, isParked);
    await auditRows(
      { ...part, expected: expected[partition] ?? part.expected },
      {
        clickhouse,
        onRow: () => tally.extra('deadLetterRows'),
        atOf: (row) => instantOf(row, 'dead_at'),
        rowId: (row) =>
          `${textOf(row, 'stage')} ${textOf(row, 'kafka_partition')}/${textOf(row, 'kafka_offset')}`,
      },
    );
  }
  await auditStrays(deps);
  promised.settle(tally);
}
