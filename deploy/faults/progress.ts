import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import type { PartitionReader } from '@landed/processor-service/log/partition-reader';

export type ProgressDeps = {
  readonly kafka: Kafka;
  readonly reader: PartitionReader;
  readonly groupId: string;
  readonly topic: string;
  readonly partitions: number;
};

export type Progress = {
  /** Raw records done with, over all partitions. */
  readonly done: number;
  /** Raw records stored. */
  readonly stored: number;
};

const EVERY_MS = 50;

/** Asks the cluster how far the group is. Rejects while the broker is away. */
export async function readProgress(deps: ProgressDeps): Promise<Progress> {
  const admin = deps.kafka.admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    const numbers = Array.from({ length: deps.partitions }, (_, partition) => partition);
    const bounds = await deps.reader.bounds(deps.topic, numbers, 1_000);
    const [answer] = await admin.fetchOffsets({ groupId: deps.groupId, topics: [deps.topic] });
    const committed = (answer?.partitions ?? []).map(({ offset }) => Math.max(0, Number(offset)));
    const ends = [...bounds.values()].map(({ lastStableOffset }) => Number(lastStableOffset));
    const sum = (numbers_: readonly number[]): number => numbers_.reduce((a, b) => a + b, 0);
    return { done: sum(committed), stored: sum(ends) };
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** The committed offset of every partition; 0 where there is none. */
export async function readCommitted(deps: ProgressDeps): Promise<readonly bigint[]> {
  const admin = deps.kafka.admin();
  await admin.connect();
  try {
    const [answer] = await admin.fetchOffsets({ groupId: deps.groupId, topics: [deps.topic] });
    const offsets = new Map(answer?.partitions.map(({ partition, offset }) => [partition, offset]));
    return Array.from({ length: deps.partitions }, (_, partition) => {
      const offset = BigInt(offsets.get(partition) ?? -1);
      return offset < 0n ? 0n : offset;
    });
  } finally {
    await admin.disconnect();
  }
}

/** Polls until the progress is as wanted; outages on the way are part of the game. */
export async function awaitProgress(
  deps: ProgressDeps,
  isReached: (progress: Progress) => boolean,
  deadlineMs: number,
): Promise<Progress> {
  const deadline = performance.now() + deadlineMs;
  for (let last: Progress | null = null; ;) {
    try {
      last = await readProgress(deps);
      if (isReached(last)) return last;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    if (performance.now() > deadline) {
      throw new Error(`no progress: ${last?.done ?? 0} of ${last?.stored ?? 0} records`);
    }
    await sleep(EVERY_MS);
  }
}
