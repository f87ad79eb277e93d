import { OperationError } from '@landed/schemas/fate';
import type { ClusterHandle, FetchTopic } from './cluster-handle.ts';
import { decodeFetchAnswer } from './fetch-answer.ts';
import type { FetchAnswer, PartitionAnswer } from './fetch-answer.ts';
import { groupBy } from '@landed/schemas/group-by';
import { boundsOf } from './partition-bounds.ts';
import type { Fetched, Position } from './partition-reader.ts';
import { decodeRecordBatches } from './record-batch.ts';

const READ_COMMITTED = 1;
const NO_ERROR = 0;
const OFFSET_OUT_OF_RANGE = 1;
const CORRUPT_MESSAGE = 2;
const TOPIC_AUTHORIZATION_FAILED = 29;

type Limits = {
  readonly maxWaitMs: number;
  readonly partitionBytesMax: number;
  readonly bytesMax: number;
};

function topicsOf(positions: readonly Position[], maxBytes: number): FetchTopic[] {
  const byTopic = groupBy(positions, ({ topic }) => topic);
  return [...byTopic].map(([topic, ofTopic]) => ({
    topic,
    partitions: ofTopic.map(({ partition, offset }) => ({
      partition,
      fetchOffset: offset.toString(),
      maxBytes,
    })),
  }));
}

/**
 * True when nothing at all came although the broker was free to send: then there is nothing between
 * the positions and the last stable offset it names. That is so at the end of a compacted partition
 * whose last records are gone. (A broker takes the last stable offset before it reads, and gives at
 * least one batch in an answer when there is any.)
 */
const isVoid = (answer: FetchAnswer): boolean =>
  answer.throttleMs === 0 &&
  answer.partitions.every(
    ({ errorCode, batches }) => errorCode === NO_ERROR && batches.length === 0,
  );

function recordsOf(position: Position, answer: PartitionAnswer, skipVoid: boolean): Fetched {
  const { topic, partition, offset } = position;
  const { records, nextOffset } = decodeRecordBatches(answer.batches, offset, answer.aborted);
  const bounds = {
    earliest: answer.logStartOffset,
    highWatermark: answer.highWatermark,
    lastStableOffset: answer.lastStableOffset,
  };
  const stays = skipVoid && bounds.lastStableOffset > offset ? bounds.lastStableOffset : offset;
  const next = nextOffset !== null && nextOffset > offset ? nextOffset : stays;
  return { topic, partition, kind: 'records', records, nextOffset: next, bounds };
}

async function toFetched(
  cluster: ClusterHandle,
  position: Position,
  answer: PartitionAnswer | undefined,
  skipVoid: boolean,
): Promise<Fetched> {
  const { topic, partition } = position;
  const code = answer?.errorCode ?? -1;
  if (answer !== undefined && code === NO_ERROR) return recordsOf(position, answer, skipVoid);
  if (code === OFFSET_OUT_OF_RANGE) {
    const bounds = (await boundsOf(cluster, topic, [partition])).get(partition);
    if (bounds !== undefined) return { topic, partition, kind: 'out_of_range', bounds };
  }
  if (code === CORRUPT_MESSAGE || code === TOPIC_AUTHORIZATION_FAILED) {
    const what = code === CORRUPT_MESSAGE ? 'is corrupt on the broker' : 'may not be read';
    throw new OperationError(`${topic}-${partition} ${what}`, { retriable: false });
  }
  return { topic, partition, kind: 'unavailable', cause: new Error(`fetch error code ${code}`) };
}

/**
 * Asks one broker for the partitions it leads.
 *
 * @throws OperationError, not retriable, for what waiting does not mend; else whatever broke
 */
export async function fetchFromBroker(
  cluster: ClusterHandle,
  nodeId: string,
  positions: readonly Position[],
  limits: Limits,
): Promise<readonly Fetched[]> {
  const bytes = await cluster.fetch(nodeId, {
    maxWaitTime: limits.maxWaitMs,
    minBytes: 1,
    maxBytes: limits.bytesMax,
    isolationLevel: READ_COMMITTED,
    topics: topicsOf(positions, limits.partitionBytesMax),
  });
  const answer = decodeFetchAnswer(bytes);
  if (answer.errorCode !== NO_ERROR) throw new Error(`fetch error code ${answer.errorCode}`);
  const skipVoid = isVoid(answer);
  const key = (topic: string, partition: number): string => `${topic}/${partition}`;
  const found = new Map(answer.partitions.map((one) => [key(one.topic, one.partition), one]));
  return Promise.all(
    positions.map(async (position) =>
      toFetched(cluster, position, found.get(key(position.topic, position.partition)), skipVoid),
    ),
  );
}
