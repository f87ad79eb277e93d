import { Kafka, logLevel } from 'kafkajs';
import { createPartitionReader } from '../../processor-service/src/log/partition-reader.ts';

/** Records of one partition that a group has not got to. */
export type Lag = {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
};

export type LagProbe = {
  /** Where some group of the system is behind what is committed; nowhere: an empty list. */
  readonly lags: () => Promise<readonly Lag[]>;
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

  async function lagsOf(groupId: string): Promise<Lag[]> {
    const lags: Lag[] = [];
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId })) {
      const committed = new Map(
        partitions.map(({ partition, offset }) => [partition, BigInt(offset)]),
      );
      const bounds = await reader.bounds(topic, [...committed.keys()]);
      for (const [partition, { earliest, lastStableOffset }] of bounds) {
        const offset = committed.get(partition) ?? NOTHING_COMMITTED;
        const next = offset === NOTHING_COMMITTED ? earliest : offset;
        const records = Number(lastStableOffset - next);
        if (records > 0) lags.push({ groupId, topic, partition, records });
      }
    }
    return lags;
  }

  return {
    lags: async () => {
      const { groups } = await admin.listGroups();
      const ours = groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(prefix));
      if (ours.length === 0) throw new Error(`no group begins with ${prefix}`);
      const lags: Lag[] = [];
      for (const groupId of ours) lags.push(...(await lagsOf(groupId)));
      return lags;
    },
    close: async () => {
      await reader.close();
      await admin.disconnect();
    },
  };
}

/** All of it in one number. */
export const lagSum = (lags: readonly Lag[]): number =>
  lags.reduce((sum, { records }) => sum + records, 0);
