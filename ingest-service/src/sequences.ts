import { groupBy } from '@landed/schemas/group-by';
import type { OutgoingRecord } from './batch.ts';
import type { Portion } from './produce.ts';
import { encodeRecordBatch } from './record-batch.ts';

/** Given by a broker to each producer that asks. */
export type ProducerIdentity = { readonly producerId: bigint; readonly producerEpoch: number };

/** The records of one partition, encoded under sequence numbers that no other records ever have. */
export type Batch = Portion & {
  /** Of the partition. */
  readonly name: string;
  readonly firstSequence: number;
  readonly records: readonly OutgoingRecord[];
};

/** Sequence numbers are positive 32-bit integers; 0 follows the last (Kafka's `DefaultRecordBatch`). */
const SEQUENCES = 0x8000_0000;

export function sequenceAfter(first: number, records: number): number {
  return (first + records) % SEQUENCES;
}

/** @param sequences next sequence number of each partition; 0 where there is none */
export function encodeBatches(
  records: readonly OutgoingRecord[],
  identity: ProducerIdentity,
  sequences: ReadonlyMap<string, number>,
): readonly Batch[] {
  const partitions = groupBy(records, ({ topic, partition }) => `${topic}/${partition}`);
  const at = Date.now();
  return [...partitions].flatMap(([name, own]) => {
    const [first] = own;
    if (first === undefined) return [];
    const { topic, partition } = first;
    const firstSequence = sequences.get(name) ?? 0;
    const bytes = encodeRecordBatch(own, { ...identity, firstSequence }, at);
    return [{ name, topic, partition, firstSequence, records: own, bytes }];
  });
}
