import type { AbortedTransaction } from './record-batch.ts';

/** One partition in the answer to a fetch request, its record batches not yet decoded. */
export type PartitionAnswer = {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: bigint;
  readonly lastStableOffset: bigint;
  readonly logStartOffset: bigint;
  readonly aborted: readonly AbortedTransaction[];
  readonly batches: Buffer;
};

export type FetchAnswer = {
  readonly throttleMs: number;
  readonly errorCode: number;
  readonly partitions: readonly PartitionAnswer[];
};

const NOTHING = Buffer.alloc(0);

/** Reads the answer to a Fetch request of version 11 (Kafka protocol guide, FetchResponse). */
export function decodeFetchAnswer(bytes: Buffer): FetchAnswer {
  let at = 0;
  const int16 = (): number => bytes.readInt16BE((at += 2) - 2);
  const int32 = (): number => bytes.readInt32BE((at += 4) - 4);
  const int64 = (): bigint => bytes.readBigInt64BE((at += 8) - 8);
  const many = <T>(read: () => T): T[] => {
    const items: T[] = [];
    for (let left = int32(); left > 0; left--) items.push(read());
    return items;
  };
  const text = (): string => {
    const length = int16();
    at += length;
    return bytes.toString('utf8', at - length, at);
  };
  const window = (): Buffer => {
    const length = int32();
    if (length <= 0) return NOTHING;
    at += length;
    return bytes.subarray(at - length, at);
  };

  const throttleMs = int32();
  const errorCode = int16();
  at += 4; // id of the fetch session: none is kept
  const partitionOf = (topic: string): PartitionAnswer => {
    const partition = int32();
    const code = int16();
    const highWatermark = int64();
    const lastStableOffset = int64();
    const logStartOffset = int64();
    const aborted = many(() => ({ producerId: int64(), firstOffset: int64() }));
    at += 4; // preferred read replica: the leader is asked
    const batches = window();
    return {
      topic,
      partition,
      errorCode: code,
      highWatermark,
      lastStableOffset,
      logStartOffset,
      aborted,
      batches,
    };
  };
  const topics = many(() => {
    const topic = text();
    return many(() => partitionOf(topic));
  });
  return { throttleMs, errorCode, partitions: topics.flat() };
}
