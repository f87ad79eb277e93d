import { readDeadLetterHeaders } from '@landed/schemas/dead-letter';
import type { TopicNames } from '@landed/schemas/topics';
import type { PartitionReader } from '../../log/partition-reader.ts';
import { rowOf } from '../../warehouse/column.ts';
import { deadLetters } from '../../warehouse/tables/dead-letters.ts';
import type { Reach } from './cut.ts';
import type { Expectation } from './expectation.ts';
import type { Promised } from './promises.ts';
import type { Tally } from './tally.ts';

/** Dead letters by the record they were made from. */
export type DeadLetterIndex = {
  /** Reason of the dead letter of a raw record; null when there is none. */
  readonly ofRaw: (partition: number, offset: bigint) => string | null;
  /** True when a record makes no row and was kept by the warehouse instead. */
  readonly isParked: (topic: string, partition: number, offset: bigint) => boolean;
  /** Time of the oldest one kept, where retention took others, ms; else 0. */
  readonly keptSince: number;
};

export type DeadLetterDeps = {
  readonly reader: PartitionReader;
  readonly topics: TopicNames;
  readonly reaches: readonly Reach[];
  /** Takes the rows there must be, one for each partition. */
  readonly expected: readonly Expectation[];
  readonly promised: Promised;
  readonly tally: Tally;
};

const nameOf = (topic: string, partition: number, offset: string): string =>
  `${topic}-${partition}-${offset}`;

/** Reads the dead-letter topic whole: there should be few. */
export async function readDeadLetters(deps: DeadLetterDeps): Promise<DeadLetterIndex> {
  const { reader, topics, tally } = deps;
  const reasons = new Map<string, string>();
  const parked = new Set<string>();
  let keptSince = 0;
  for (const [partition, reach] of deps.reaches.entries()) {
    let isFirst = true;
    const topic = topics.deadLetters;
    for await (const { records } of reader.read({
      topic,
      partition,
      from: reach.earliest,
      to: reach.end,
    })) {
      for (const record of records) {
        if (isFirst && reach.earliest > 0n) keptSince = Math.max(keptSince, record.timestamp);
        isFirst = false;
        const facts = readDeadLetterHeaders(record.headers);
        const key = record.key?.toString() ?? '';
        const place = { partition, offset: record.offset, timestamp: record.timestamp };
        tally.extra('deadLetters');
        const row = rowOf(deadLetters, { facts, key }, place);
        if (record.offset < reach.committed) deps.expected[partition]?.put(row, place);
        else deps.expected[partition]?.leaveOpen(row);
        deps.promised.sawDeadLetter({
          workspace: facts.workspace,
          eventId: facts.eventId,
          sha256: facts.originalSha256,
        });
        const { origin, stage, reason } = facts;
        if (!origin) tally.count('quarantined', facts.at > 0 ? facts.at : record.timestamp);
        else if (stage === 'warehouse') {
          parked.add(nameOf(origin.topic, origin.partition, origin.offset));
        } else reasons.set(nameOf(origin.topic, origin.partition, origin.offset), reason);
      }
    }
  }
  return {
    ofRaw: (partition, offset) =>
      reasons.get(nameOf(topics.raw, partition, offset.toString())) ?? null,
    isParked: (topic, partition, offset) => parked.has(nameOf(topic, partition, offset.toString())),
    keptSince,
  };
}
