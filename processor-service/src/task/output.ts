/** A record to be written within the transaction of a turn. */
export type OutputRecord = {
  readonly topic: string;
  readonly partition: number;
  readonly key: string | Buffer | null;
  /** Null is a tombstone. */
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
};

export type SendLimits = {
  /** All records of one send: kafkajs groups them in time that grows with the square. */
  readonly recordsMax: number;
  /** Records of one partition in one send become one batch, which must fit `max.message.bytes`. */
  readonly partitionBytesMax: number;
};

/** A record's place in a batch: varints, timestamp and offset delta. An upper bound. */
const RECORD_OVERHEAD_BYTES = 32;

export const SEND_LIMITS: SendLimits = { recordsMax: 2_000, partitionBytesMax: 900 * 1024 };

function sizeOf(record: OutputRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + (record.value?.length ?? 0);
  if (record.key !== null) bytes += Buffer.byteLength(record.key);
  for (const [name, text] of Object.entries(record.headers ?? {})) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(text) + 8;
  }
  return bytes;
}

/**
 * Cuts records into sends, in their order, each within the limits. A record that is larger by itself
 * goes alone: no limit of ours may keep a partition from moving.
 */
export function cutSends(
  records: readonly OutputRecord[],
  limits: SendLimits = SEND_LIMITS,
): readonly (readonly OutputRecord[])[] {
  const sends: OutputRecord[][] = [];
  let current: OutputRecord[] = [];
  let bytesByPartition = new Map<string, number>();
  for (const record of records) {
    const where = `${record.topic}/${record.partition}`;
    const bytes = (bytesByPartition.get(where) ?? 0) + sizeOf(record);
    const isFull = current.length >= limits.recordsMax || bytes > limits.partitionBytesMax;
    if (isFull && current.length > 0) {
      sends.push(current);
      current = [];
      bytesByPartition = new Map();
    }
    current.push(record);
    bytesByPartition.set(where, (bytesByPartition.get(where) ?? 0) + sizeOf(record));
  }
  if (current.length > 0) sends.push(current);
  return sends;
}
