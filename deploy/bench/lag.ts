import { Kafka, logLevel } from 'kafkajs';
import { createPartitionReader } from '../../processor-service/src/log/partition-reader.ts';

export type LagProbe = {
  /** Committed records that some group of the system has not got to, in sum. */
  readonly lag: () => Promise<number>;
  readonly close: () => Promise<void>;
};

const NOTHING_COMMITTED = -1n;

/**
 * Measures from outside, by what the groups have committed, how far the system is behind.
 *
 * @param prefix of the groups that belong to the system
 */
export async function createLagProbe(brokers: string, prefix: string): Promise<LagProbe> {
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const reader = createPartitionReader({ kafka });
  await admin.connect();

  async function lagOf(groupId: string): Promise<number> {
    let lag = 0n;
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId })) {
      const committed = new Map(
        partitions.map(({ partition, offset }) => [partition, BigInt(offset)]),
      );
      const bounds = await reader.bounds(topic, [...committed.keys()]);
      for (const [partition, { earliest, lastStableOffset }] of bounds) {
        const offset = committed.get(partition) ?? NOTHING_COMMITTED;
        const next = offset === NOTHING_COMMITTED ? earliest : offset;
        if (lastStableOffset > next) lag += lastStableOffset - next;
      }
    }
    return Number(lag);
  }

  return {
    lag: async () => {
      const { groups } = await admin.listGroups();
      const ours = groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(prefix));
      if (ours.length === 0) throw new Error(`no group begins with ${prefix}`);
      let sum = 0;
      for (const groupId of ours) sum += await lagOf(groupId);
      return sum;
    },
    close: async () => {
      await reader.close();
      await admin.disconnect();
    },
  };
}
