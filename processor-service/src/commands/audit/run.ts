import type { MessageOutcome } from '@landed/schemas/events.gen';
import { instantOf, partOf, textOf } from './context.ts';
import type { AuditDeps } from './context.ts';
import { partitionGroups } from './cut.ts';
import { readDeadLetters } from './dead-letter-index.ts';
import type { DeadLetterIndex } from './dead-letter-index.ts';
import { auditEvents, auditOutcomeRows } from './events.ts';
import { createExpectation } from './expectation.ts';
import type { Expectation } from './expectation.ts';
import { auditPeople, auditPeopleRows } from './people.ts';
import type { PeopleParts } from './people.ts';
import type { TablePart } from './table-records.ts';
import { auditRows } from './table-rows.ts';

async function auditDeadLetterRows(
  deps: AuditDeps,
  { isParked }: DeadLetterIndex,
  expected: readonly Expectation[],
): Promise<void> {
  const { cut, sources, clickhouse, tally } = deps;
  const parts = cut.deadLetters.map((reach, partition) => {
    const part = partOf(deps, sources.deadLetters, partition, reach, isParked);
    return { ...part, expected: expected[partition] ?? part.expected };
  });
  await auditRows(parts, {
    clickhouse,
    onRow: () => tally.extra('deadLetterRows'),
    atOf: (row) => instantOf(row, 'dead_at'),
    rowId: (row) =>
      `${textOf(row, 'stage')} ${textOf(row, 'kafka_partition')}/${textOf(row, 'kafka_offset')}`,
  });
}

/** Rows that claim a partition there is not were written by nobody of ours. */
async function auditStrays({ cut, sources, clickhouse, tally }: AuditDeps): Promise<void> {
  const partitionsOf = [
    [sources.outcomes.table.view, cut.outcomes.length],
    [sources.scoreChanges.table.view, cut.scoreChanges.length],
    [sources.profiles.table.view, cut.profiles.length],
    [sources.deadLetters.table.view, cut.deadLetters.length],
  ] as const;
  const counts = partitionsOf.map(
    ([view, partitions]) => `(SELECT count() FROM ${view} WHERE kafka_partition >= ${partitions})`,
  );
  for await (const [row] of clickhouse.read(`SELECT ${counts.join(', ')}`)) {
    for (const [index, [view]] of partitionsOf.entries()) {
      const rows = Number(row?.[index] ?? 0);
      if (rows === 0) continue;
      const detail = `${rows} rows of partitions there are not`;
      tally.find({ kind: 'doubled', where: view, id: view, detail });
    }
  }
}

/**
 * The audit: what was promised is stored, what is stored led to exactly one outcome or dead letter, and
 * every record is exactly one row with its values. Some partitions at a time, so that memory holds
 * digests of those alone, and small logs need few queries.
 */
export async function runAudit(deps: AuditDeps): Promise<void> {
  const { cut, tally, sources, reader, topics, promised } = deps;
  const { table, keyColumns } = sources.deadLetters;
  const expected = cut.deadLetters.map(() => createExpectation(table, keyColumns));
  const reaches = cut.deadLetters;
  const deadLetters = await readDeadLetters({ reader, topics, reaches, expected, promised, tally });
  for (const group of partitionGroups(cut)) {
    const events: TablePart<MessageOutcome>[] = [];
    const people: PeopleParts[] = [];
    for (const partition of group) {
      events.push(await auditEvents(deps, partition, deadLetters));
      people.push(await auditPeople(deps, partition, deadLetters));
    }
    await auditOutcomeRows(deps, events);
    await auditPeopleRows(deps, people);
  }
  await auditDeadLetterRows(deps, deadLetters, expected);
  await auditStrays(deps);
  promised.settle(tally);
}
