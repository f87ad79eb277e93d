import type { WarehouseMetrics } from './metrics.ts';

export type Lag = {
  /** Committed records of a partition that are not read yet. */
  readonly note: (topic: string, partition: number, records: bigint) => void;
};

/** Sums what is not read yet, a gauge a topic. */
export function createLag(metrics: Pick<WarehouseMetrics, 'lag'>): Lag {
  const topics = new Map<string, Map<number, bigint>>();
  return {
    note: (topic, partition, records) => {
      const partitions = topics.get(topic) ?? new Map<number, bigint>();
      topics.set(topic, partitions);
      if (partitions.get(partition) === records) return;
      partitions.set(partition, records);
      let sum = 0n;
      for (const left of partitions.values()) sum += left;
      metrics.lag(topic, Number(sum));
    },
  };
}
