type Envelope = {
  readonly topic: string;
  readonly partition: number;
  readonly key: string | null;
  readonly headers?: Readonly<Record<string, string>>;
};

/** One Kafka record on its way. */
export type OutgoingRecord = Envelope & { readonly value: Buffer };

/**
 * A record whose value is made when its batch leaves: sealed side by side, records cost a fifth less
 * than each in the midst of its request.
 */
export type Draft = Envelope & {
  /** Size of the value to come, at most, nearly. */
  readonly valueBytes: number;
  readonly value: () => Buffer;
};

/** Makes the value. Throws what making it throws. */
export function complete(draft: Draft): OutgoingRecord {
  const { topic, partition, key, headers } = draft;
  const value = draft.value();
  return headers ? { topic, partition, key, headers, value } : { topic, partition, key, value };
}

/** Fixed cost of a record beside key and value: lengths, timestamp, headers of a dead letter. */
const RECORD_OVERHEAD_BYTES = 100;

/** Bytes a record takes, nearly. */
export function recordBytes(record: Draft): number {
  return record.valueBytes + (record.key?.length ?? 0) + RECORD_OVERHEAD_BYTES;
}

export type BatchLimits = {
  readonly batchRecordsMax: number;
  readonly batchBytesMax: number;
  /**
   * Bytes for one partition in one call, below the limit of a record batch that brokers have by
   * default (1 MB). A larger record goes alone.
   */
  readonly partitionBytesMax: number;
};

export type Waiting = { readonly record: Draft; readonly bytes: number };

/**
 * Takes the next batch from the front of a queue. The order within a partition is kept: once one is
 * full, its later records stay.
 *
 * @returns at least one entry when the queue has any
 */
export function cutBatch<W extends Waiting>(
  queue: readonly W[],
  limits: BatchLimits,
): { readonly batch: readonly W[]; readonly rest: readonly W[] } {
  const batch: W[] = [];
  const rest: W[] = [];
  const partitions = new Map<string, { bytes: number; isFull: boolean }>();
  let bytes = 0;
  let isFull = false;
  for (const entry of queue) {
    isFull ||=
      batch.length >= limits.batchRecordsMax ||
      (batch.length > 0 && bytes + entry.bytes > limits.batchBytesMax);
    const name = `${entry.record.topic}/${entry.record.partition}`;
    const partition = partitions.get(name) ?? { bytes: 0, isFull: false };
    partition.isFull ||=
      partition.bytes > 0 && partition.bytes + entry.bytes > limits.partitionBytesMax;
    partitions.set(name, partition);
    if (isFull || partition.isFull) {
      rest.push(entry);
      continue;
    }
    batch.push(entry);
    bytes += entry.bytes;
    partition.bytes += entry.bytes;
  }
  return { batch, rest };
}
