import { createRequire } from 'node:module';
import type { Broker, Cluster, Consumer, Kafka } from 'kafkajs';
import { OperationError } from '@landed/schemas/fate';

/*
 * kafkajs gives user code its cluster (connections, metadata, leaders) through `partitionAssigners`,
 * when a consumer is built; that consumer is never run. What is used beyond the published types stands
 * here and nowhere else; kafkajs is pinned to the exact version for it.
 */

/** A request as kafkajs's connections take it: encoded by kafkajs, decoded by us. */
type Request = {
  readonly request: unknown;
  readonly response: {
    readonly decode: (payload: Buffer) => Promise<{ readonly clientSideThrottleTime: number }>;
    readonly parse: (decoded: unknown) => Promise<unknown>;
  };
  readonly requestTimeout: number;
};

type BrokerInternals = Broker & {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>>;
  readonly connectionPool: { readonly send: (request: Request) => Promise<unknown> };
  readonly listOffsets: (request: {
    readonly isolationLevel: 0 | 1;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[];
    }[];
  }) => Promise<{
    readonly responses: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[];
  }>;
};

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

const FETCH_KEY = 1;
/** Since Kafka 2.3. */
const FETCH_VERSION = 11;
const ANSWER_GRACE_MS = 10_000;
const protocols = createRequire(import.meta.url)('kafkajs/src/protocol/requests/fetch') as {
  protocol: (options: { version: number }) => (request: FetchRequest) => { request: unknown };
};
const encodeFetch = protocols.protocol({ version: FETCH_VERSION });

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

function consumerWithCluster(kafka: Kafka): { consumer: Consumer; cluster: Cluster } {
  let handed: Cluster | undefined;
  const consumer = kafka.consumer({
    groupId: 'none',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        handed = cluster;
        return {
          name: 'none',
          version: 0,
          assign: () => Promise.resolve([]),
          protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
        };
      },
    ],
  });
  if (handed === undefined) throw new Error('kafkajs did not hand over its cluster');
  return { consumer, cluster: handed };
}

/** A connection to the cluster of its own: one fetch at a time and broker, as the broker answers them. */
export function createClusterHandle(kafka: Kafka): ClusterHandle {
  let current: ReturnType<typeof consumerWithCluster> | undefined;
  const known = new Set<string>();
  const cluster = (): Cluster => {
    current ??= consumerWithCluster(kafka);
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
    leaderOf: (topic, partition) => {
      const found = cluster()
        .findTopicPartitionMetadata(topic)
        .find((metadata) => metadata.partitionId === partition);
      return found === undefined || found.leader < 0 ? null : String(found.leader);
    },
    broker,
    fetch: async (nodeId, request) => {
      const target = await broker(nodeId);
      if ((target.versions[FETCH_KEY]?.maxVersion ?? 0) < FETCH_VERSION) {
        throw new OperationError('the broker is older than Kafka 2.3', { retriable: false });
      }
      const answer = await target.connectionPool.send({
        request: encodeFetch(request).request,
        response: {
          decode: async (payload) =>
            Promise.resolve({ clientSideThrottleTime: payload.readInt32BE(0), payload }),
          parse: async (decoded) =>
            Promise.resolve((decoded as { readonly payload: Buffer }).payload),
        },
        requestTimeout: request.maxWaitTime + ANSWER_GRACE_MS,
      });
      return answer as Buffer;
    },
    refresh: async () => cluster().refreshMetadata(),
    drop: async () => {
      const dropped = current;
      current = undefined;
      known.clear();
      await dropped?.consumer.disconnect();
    },
  };
}
