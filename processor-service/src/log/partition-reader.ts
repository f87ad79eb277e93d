import type { Kafka } from 'kafkajs';
import { OperationError } from '@landed/schemas/fate';
import { createClusterHandle } from './cluster-handle.ts';
import type { ClusterHandle } from './cluster-handle.ts';
import { backOffMs, pause } from './deadline.ts';
import { fetchFromBroker } from './fetch-from-broker.ts';
import { groupBy } from '@landed/schemas/group-by';
import { boundsOf } from './partition-bounds.ts';
import type { LogRecord } from './record-batch.ts';

export type { LogRecord } from './record-batch.ts';

/** The offset of the record wanted next in one partition. */
export type Position = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
};

/** What a partition holds. Records up to (excluding) `lastStableOffset` are final. */
export type PartitionBounds = {
  /** Offset of the oldest record kept. */
  readonly earliest: bigint;
  readonly highWatermark: bigint;
  readonly lastStableOffset: bigint;
};

/** What one fetch says about one position. */
export type Fetched = { readonly topic: string; readonly partition: number } & (
  | {
      /** Committed records from the position on; none when there are none yet, or only gaps. */
      readonly kind: 'records';
      readonly records: readonly LogRecord[];
      /** Where to go on. It moves over gaps, markers and aborted records also without records. */
      readonly nextOffset: bigint;
      readonly bounds: PartitionBounds;
    }
  /** The position lies before the oldest record kept, or after the end. */
  | { readonly kind: 'out_of_range'; readonly bounds: PartitionBounds }
  /** No answer this time: the leader moved or is away. Ask again with the same position. */
  | { readonly kind: 'unavailable'; readonly cause: unknown }
);

export type FetchOptions = {
  readonly positions: readonly Position[];
  /** How long the broker may wait for a first byte, ms. */
  readonly maxWaitMs: number;
  /** Largest answer per partition, bytes; a single larger batch comes whole all the same. */
  readonly partitionBytesMax?: number;
  /** Largest answer per broker, bytes. */
  readonly bytesMax?: number;
};

export type ReadOptions = {
  readonly topic: string;
  readonly partition: number;
  /** First offset wanted; one that is not kept any more rejects with OffsetOutOfRangeError. */
  readonly from: bigint;
  /** Offset to stop before; absent: the last stable offset when reading begins. */
  readonly to?: bigint;
  readonly pageBytes?: number;
  /** Gives up after so long without progress, ms. */
  readonly stallMs?: number;
};

/** A stretch of a partition, in the order of the log. */
export type Page = { readonly records: readonly LogRecord[]; readonly nextOffset: bigint };

export interface PartitionReader {
  /**
   * Reads many partitions at once: one request per leading broker, all in parallel. Never rejects for
   * an outage: it pauses (longer each time) and says `unavailable`, so a plain loop is polite.
   */
  readonly fetch: (options: FetchOptions) => Promise<readonly Fetched[]>;
  /** Reads a range to its end, page by page, riding out leader changes and restarts. */
  readonly read: (options: ReadOptions) => AsyncGenerator<Page, void, void>;
  /** Rejects with a retriable OperationError when the cluster does not answer within `deadlineMs`. */
  readonly bounds: (
    topic: string,
    partitions: readonly number[],
    deadlineMs?: number,
  ) => Promise<ReadonlyMap<number, PartitionBounds>>;
  readonly close: () => Promise<void>;
}

/** Records that should be read were removed by retention: a loss, or a position of another log. */
export class OffsetOutOfRangeError extends Error {
  readonly bounds: PartitionBounds;

  constructor(position: Position, bounds: PartitionBounds) {
    const { topic, partition, offset } = position;
    super(
      `${topic}-${partition}: offset ${offset.toString()} is not within ` +
        `${bounds.earliest.toString()} to ${bounds.highWatermark.toString()}`,
    );
    this.name = 'OffsetOutOfRangeError';
    this.bounds = bounds;
  }
}

const MIB = 1024 * 1024;
const DEFAULT_PARTITION_BYTES = MIB;
const DEFAULT_BYTES = 8 * MIB;
const DEFAULT_PAGE_BYTES = 4 * MIB;
const DEFAULT_DEADLINE_MS = 30_000;
const BACK_OFF_FIRST_MS = 20;
const BACK_OFF_MAX_MS = 1_000;
/** After so many failures in a row connections and metadata are made anew. */
const FAILURES_BEFORE_DROP = 4;

/**
 * Reads partitions directly, without a consumer group, as a read_committed consumer sees them. It
 * passes gaps and empty batches left by compaction. Each reader has its own connections, and a broker
 * answers one fetch per connection at a time: give every polling loop a reader of its own.
 */
export function createPartitionReader(deps: { readonly kafka: Kafka }): PartitionReader {
  const cluster = createClusterHandle(deps.kafka);
  const closing = new AbortController();
  let failuresInRow = 0;
  let turn = 0;

  const assertOpen = (): void => {
    if (closing.signal.aborted) throw new OperationError('reader is closed', { retriable: false });
  };

  const recover = async (): Promise<void> => {
    failuresInRow++;
    // Trouble here shows again with the next request, which is answered `unavailable`.
    if (failuresInRow % FAILURES_BEFORE_DROP === 0) await cluster.drop().catch(() => undefined);
    else await cluster.refresh().catch(() => undefined);
    await pause(backOffMs(failuresInRow, BACK_OFF_FIRST_MS, BACK_OFF_MAX_MS), closing.signal);
  };

  const fetch = async (options: FetchOptions): Promise<readonly Fetched[]> => {
    assertOpen();
    // Brokers fill their answer in the order asked: turns keep it fair.
    turn = (turn + 1) % Math.max(1, options.positions.length);
    const positions = [...options.positions.slice(turn), ...options.positions.slice(0, turn)];
    const results = await fetchByLeader(cluster, positions, {
      maxWaitMs: options.maxWaitMs,
      partitionBytesMax: options.partitionBytesMax ?? DEFAULT_PARTITION_BYTES,
      bytesMax: options.bytesMax ?? DEFAULT_BYTES,
    });
    assertOpen();
    if (results.some((result) => result.kind === 'unavailable')) await recover();
    else failuresInRow = 0;
    return results;
  };

  const bounds: PartitionReader['bounds'] = async (
    topic,
    partitions,
    deadlineMs = DEFAULT_DEADLINE_MS,
  ) => {
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      assertOpen();
      try {
        const found = await boundsOf(cluster, topic, partitions);
        failuresInRow = 0;
        return found;
      } catch (cause) {
        if (performance.now() > deadline) {
          throw new OperationError(`${topic}: offsets are not known`, { retriable: true, cause });
        }
        await recover();
      }
    }
  };

  return {
    fetch,
    bounds,
    read: (options) => readRange({ fetch, bounds }, options),
    close: async () => {
      closing.abort();
      await cluster.drop();
    },
  };
}

type Limits = Required<Omit<FetchOptions, 'positions'>>;

async function fetchByLeader(
  cluster: ClusterHandle,
  positions: readonly Position[],
  limits: Limits,
): Promise<readonly Fetched[]> {
  const unavailable =
    (cause: unknown) =>
    ({ topic, partition }: Position): Fetched => ({ topic, partition, kind: 'unavailable', cause });
  try {
    await cluster.open([...new Set(positions.map(({ topic }) => topic))]);
  } catch (cause) {
    return positions.map(unavailable(cause));
  }
  const led = groupBy(positions, ({ topic, partition }) => cluster.leaderOf(topic, partition));
  const answers = [...led].map(async ([leader, ofLeader]) => {
    if (leader === null) return ofLeader.map(unavailable(new Error('the partition has no leader')));
    try {
      return await fetchFromBroker(cluster, leader, ofLeader, limits);
    } catch (cause) {
      if (cause instanceof OperationError && !cause.retriable) throw cause;
      return ofLeader.map(unavailable(cause));
    }
  });
  return (await Promise.all(answers)).flat();
}

async function* readRange(
  reader: Pick<PartitionReader, 'fetch' | 'bounds'>,
  options: ReadOptions,
): AsyncGenerator<Page, void, void> {
  const { topic, partition } = options;
  const stallMs = options.stallMs ?? DEFAULT_DEADLINE_MS;
  const to =
    options.to ?? (await reader.bounds(topic, [partition])).get(partition)?.lastStableOffset ?? 0n;
  let offset = options.from;
  let progressAt = performance.now();
  while (offset < to) {
    const [fetched] = await reader.fetch({
      positions: [{ topic, partition, offset }],
      maxWaitMs: 500,
      partitionBytesMax: options.pageBytes ?? DEFAULT_PAGE_BYTES,
    });
    if (fetched?.kind === 'out_of_range') {
      throw new OffsetOutOfRangeError({ topic, partition, offset }, fetched.bounds);
    }
    if (fetched?.kind === 'records' && fetched.nextOffset > offset) {
      const isLast = fetched.nextOffset >= to;
      const records = isLast ? fetched.records.filter((r) => r.offset < to) : fetched.records;
      offset = isLast ? to : fetched.nextOffset;
      yield { records, nextOffset: offset };
      progressAt = performance.now();
    } else if (performance.now() - progressAt > stallMs) {
      const cause = fetched?.kind === 'unavailable' ? fetched.cause : undefined;
      const at = `${topic}-${partition} at ${offset.toString()}`;
      throw new OperationError(`${at}: no progress in ${stallMs} ms`, { retriable: true, cause });
    }
  }
}
