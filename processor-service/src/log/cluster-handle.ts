import { createRequire } from 'node:module';
import type { Cluster, Kafka } from 'kafkajs';
import { askBroker, createOwnCluster, leaderOf } from '@landed/schemas/kafkajs-cluster';
import type { BrokerInternals, OwnCluster } from '@landed/schemas/kafkajs-cluster';

export type FetchTopic = {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly fetchOffset: string;
    readonly maxBytes: number;
  }[];
};

export type FetchRequest = {
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isolationLevel: 0 | 1;
  readonly topics: readonly FetchTopic[];
};

const FETCH = { name: 'Fetch', key: 1, version: 11, since: '2.3' };
const ANSWER_GRACE_MS = 10_000;
const protocols = createRequire(import.meta.url)('kafkajs/src/protocol/requests/fetch') as {
  protocol: (options: { version: number }) => (request: FetchRequest) => { request: unknown };
};
const encodeFetch = protocols.protocol({ version: FETCH.version });

export type ClusterHandle = {
  /** Connects if need be and makes these topics known. */
  readonly open: (topics: readonly string[]) => Promise<void>;
  /** Node id of the partition's leader; null while it has none or is not known. */
  readonly leaderOf: (topic: string, partition: number) => string | null;
  readonly broker: (nodeId: string) => Promise<BrokerInternals>;
  /** One fetch request to one broker; answers the payload as it came, undecoded. */
  readonly fetch: (nodeId: string, request: FetchRequest) => Promise<Buffer>;
  readonly refresh: () => Promise<void>;
  /** Drops all connections and what was known; the next `open` begins anew. */
  readonly drop: () => Promise<void>;
};

/** A connection to the cluster of its own: one fetch at a time and broker, as the broker answers them. */
export function createClusterHandle(kafka: Kafka): ClusterHandle {
  let current: OwnCluster | undefined;
  const known = new Set<string>();
  const cluster = (): Cluster => {
    current ??= createOwnCluster(kafka);
    return current.cluster;
  };
  const broker = async (nodeId: string): Promise<BrokerInternals> =>
    (await cluster().findBroker({ nodeId })) as BrokerInternals;

  return {
    open: async (topics) => {
      const fresh = topics.filter((topic) => !known.has(topic));
      if (current !== undefined && fresh.length === 0) return;
      await cluster().connect();
      await cluster().addMultipleTargetTopics([...new Set([...known, ...topics])]);
      for (const topic of topics) known.add(topic);
    },
    leaderOf: (topic, partition) => leaderOf(cluster(), topic, partition),
    broker,
    fetch: async (nodeId, request) =>
      askBroker(await broker(nodeId), {
        api: FETCH,
        request: encodeFetch(request).request,
        timeoutMs: request.maxWaitTime + ANSWER_GRACE_MS,
        throttleMs: (payload) => payload.readInt32BE(0),
      }),
    refresh: async () => cluster().refreshMetadata(),
    drop: async () => {
      const dropped = current;
      current = undefined;
      known.clear();
      await dropped?.disconnect();
    },
  };
}
