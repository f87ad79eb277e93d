import { OperationError } from './fate.ts';
import type { Broker, Cluster, Kafka } from 'kafkajs';

/*
 * kafkajs gives user code its cluster (connections, metadata, leaders) through `partitionAssigners`,
 * when a consumer is built; that consumer is never run. What is used beyond the published types stands
 * here and nowhere else; kafkajs is pinned to the exact version for it.
 */

/** A request as kafkajs's connections take it: how to encode it, and an answer to decode. */
type Exchange = {
  readonly request: unknown;
  readonly response: {
    readonly decode: (payload: Buffer) => Promise<{ readonly clientSideThrottleTime: number }>;
    readonly parse: (decoded: unknown) => Promise<unknown>;
  };
  readonly requestTimeout: number;
};

export type BrokerInternals = Broker & {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>>;
  readonly connectionPool: { readonly send: (exchange: Exchange) => Promise<unknown> };
  readonly initProducerId: (request: {
    readonly transactionTimeout: number;
  }) => Promise<{ readonly producerId: string; readonly producerEpoch: number }>;
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

/** A cluster of kafkajs, not yet connected, and how to let go of it. */
export type OwnCluster = {
  readonly cluster: Cluster;
  readonly disconnect: () => Promise<void>;
};

export function createOwnCluster(kafka: Kafka): OwnCluster {
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
  return { cluster: handed, disconnect: () => consumer.disconnect() };
}

/** Node id of a partition's leader; null while it has none or is not known. */
export function leaderOf(cluster: Cluster, topic: string, partition: number): string | null {
  const found = cluster
    .findTopicPartitionMetadata(topic)
    .find((metadata) => metadata.partitionId === partition);
  return found === undefined || found.leader < 0 ? null : String(found.leader);
}

/** Which request, in which version, since when brokers have it. */
export type Api = {
  readonly name: string;
  readonly key: number;
  readonly version: number;
  readonly since: string;
};

/** Encoded bytes as kafkajs's connections take them. */
export function encoded(api: Api, body: Buffer): unknown {
  const encode = () => Promise.resolve({ buf: body, buffer: body });
  return { apiKey: api.key, apiVersion: api.version, apiName: api.name, encode };
}

export type Ask = {
  readonly api: Api;
  /** As kafkajs's connections take it: see `encoded`. */
  readonly request: unknown;
  readonly timeoutMs: number;
  /** How long the broker asks the client to wait, by the payload of its answer, ms. */
  readonly throttleMs: (payload: Buffer) => number;
};

/**
 * One request to one broker; answers the payload as it came, undecoded.
 *
 * @throws OperationError, not retriable, when the broker is too old; else whatever broke
 */
export async function askBroker(broker: BrokerInternals, ask: Ask): Promise<Buffer> {
  const { api, request, timeoutMs, throttleMs } = ask;
  if ((broker.versions[api.key]?.maxVersion ?? 0) < api.version) {
    throw new OperationError(`the broker is older than Kafka ${api.since}`, { retriable: false });
  }
  const answer = await broker.connectionPool.send({
    request,
    response: {
      decode: (payload) =>
        Promise.resolve({ clientSideThrottleTime: throttleMs(payload), payload }),
      parse: (decoded) => Promise.resolve((decoded as { readonly payload: Buffer }).payload),
    },
    requestTimeout: timeoutMs,
  });
  return answer as Buffer;
}
