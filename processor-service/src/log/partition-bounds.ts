import { OperationError } from '@landed/schemas/fate';
import type { ClusterHandle } from './cluster-handle.ts';
import { within } from './deadline.ts';
import { groupBy } from '@landed/schemas/group-by';
import type { PartitionBounds } from './partition-reader.ts';

const EARLIEST = -2;
const LATEST = -1;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const ANSWER_MS = 10_000;

async function offsetsAt(
  cluster: ClusterHandle,
  nodeId: string,
  topic: string,
  partitions: readonly number[],
  at: { readonly timestamp: number; readonly isolationLevel: 0 | 1 },
): Promise<ReadonlyMap<number, bigint>> {
  const broker = await cluster.broker(nodeId);
  const { timestamp, isolationLevel } = at;
  const asked = partitions.map((partition) => ({ partition, timestamp }));
  const answer = await within(
    broker.listOffsets({ isolationLevel, topics: [{ topic, partitions: asked }] }),
    ANSWER_MS,
    `offsets of ${topic}`,
  );
  const found = answer.responses.flatMap((response) => response.partitions);
  return new Map(found.map(({ partition, offset }) => [partition, BigInt(offset)]));
}

/** First offset kept, high watermark and last stable offset of partitions. One try, no retries. */
export async function boundsOf(
  cluster: ClusterHandle,
  topic: string,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, PartitionBounds>> {
  await cluster.open([topic]);
  const led = groupBy(partitions, (partition) => cluster.leaderOf(topic, partition));
  const bounds = new Map<number, PartitionBounds>();
  for (const [leader, ofLeader] of led) {
    if (leader === null) {
      throw new OperationError(`${topic}: partitions without a leader`, { retriable: true });
    }
    const ask = async (timestamp: number, isolationLevel: 0 | 1) =>
      offsetsAt(cluster, leader, topic, ofLeader, { timestamp, isolationLevel });
    const [earliest, high, stable] = await Promise.all([
      ask(EARLIEST, READ_UNCOMMITTED),
      ask(LATEST, READ_UNCOMMITTED),
      ask(LATEST, READ_COMMITTED),
    ]);
    for (const partition of ofLeader) {
      bounds.set(partition, {
        earliest: earliest.get(partition) ?? 0n,
        highWatermark: high.get(partition) ?? 0n,
        lastStableOffset: stable.get(partition) ?? 0n,
      });
    }
  }
  return bounds;
}
