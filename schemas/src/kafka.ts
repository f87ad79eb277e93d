import { readFileSync } from 'node:fs';
import type { ConsumerConfig, KafkaConfig, ProducerConfig, SASLOptions } from 'kafkajs';

/*
 * How both services talk to Kafka. It stands here because the partitioner and the delivery settings
 * decide which partition a key lands in and what "acknowledged" means. Every value is explicit:
 * kafkajs changes its defaults with NODE_ENV (retry/defaults.test.js).
 */

export type KafkaSettings = {
  readonly KAFKA_BROKERS: readonly string[];
  readonly KAFKA_TLS: boolean;
  readonly KAFKA_TLS_CA?: string | undefined;
  readonly KAFKA_TLS_CERT?: string | undefined;
  readonly KAFKA_TLS_KEY?: string | undefined;
  readonly KAFKA_SASL_MECHANISM?: 'plain' | 'scram-sha-256' | 'scram-sha-512' | undefined;
  readonly KAFKA_SASL_USERNAME?: string | undefined;
  readonly KAFKA_SASL_PASSWORD?: string | undefined;
};

/** PEM text, or the path of a file that holds it. */
const pem = (value: string): string =>
  value.includes('-----BEGIN') ? value : readFileSync(value, 'utf8');

function tlsOptions(settings: KafkaSettings): KafkaConfig['ssl'] {
  if (!settings.KAFKA_TLS) return false;
  const { KAFKA_TLS_CA: ca, KAFKA_TLS_CERT: cert, KAFKA_TLS_KEY: key } = settings;
  return {
    ...(ca === undefined ? {} : { ca: [pem(ca)] }),
    ...(cert === undefined ? {} : { cert: pem(cert) }),
    ...(key === undefined ? {} : { key: pem(key) }),
  };
}

function saslOptions(settings: KafkaSettings): SASLOptions | undefined {
  const mechanism = settings.KAFKA_SASL_MECHANISM;
  if (mechanism === undefined) return undefined;
  const username = settings.KAFKA_SASL_USERNAME ?? '';
  const password = settings.KAFKA_SASL_PASSWORD ?? '';
  return { mechanism, username, password };
}

/** Options of `new Kafka`: short timeouts, bounded retries. Outer loops own the long waits. */
export function kafkaOptions(settings: KafkaSettings, clientId: string): KafkaConfig {
  const sasl = saslOptions(settings);
  return {
    clientId,
    brokers: [...settings.KAFKA_BROKERS],
    ssl: tlsOptions(settings) ?? false,
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: 3_000,
    authenticationTimeout: 5_000,
    requestTimeout: 10_000,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 50, multiplier: 2, factor: 0.2, maxRetryTime: 1_000, retries: 10 },
  };
}

/**
 * The ingest producer: idempotent, and its owner keeps exactly one `sendBatch` outstanding. With
 * several outstanding kafkajs reuses sequence numbers after a lost answer, and the broker then
 * acknowledges records it never wrote (kafkajs src/producer/sendMessages.js).
 */
export const ingestProducerOptions: ProducerConfig = {
  idempotent: true,
  maxInFlightRequests: 1,
  allowAutoTopicCreation: false,
  retry: { initialRetryTime: 50, multiplier: 2, factor: 0.2, maxRetryTime: 500, retries: 10 },
};

/** Settings of a produce call whose records must survive: all in-sync replicas, 3 s. */
export const durableSend = { acks: -1, timeout: 3_000 } as const;

/**
 * The producer of one partition's task: one transactional id per input partition, since kafkajs has
 * no consumer-group fencing (KIP-447). `idempotent` stays unset: it would initialise a second,
 * non-transactional producer id.
 */
export function taskProducerOptions(transactionalId: string): ProducerConfig {
  return {
    transactionalId,
    transactionTimeout: 30_000,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 5, multiplier: 1.5, factor: 0.2, maxRetryTime: 200, retries: 15 },
  };
}

/** Consumers: only what was committed; heartbeats often enough to notice a dead member in 10 s. */
export function consumerOptions(groupId: string): ConsumerConfig {
  return {
    groupId,
    sessionTimeout: 10_000,
    heartbeatInterval: 1_000,
    rebalanceTimeout: 30_000,
    maxWaitTimeInMs: 100,
    minBytes: 1,
    maxBytesPerPartition: 1_048_576,
    readUncommitted: false,
    allowAutoTopicCreation: false,
    retry: {
      initialRetryTime: 50,
      multiplier: 2,
      factor: 0.2,
      maxRetryTime: 500,
      retries: 20,
      restartOnFailure: async () => Promise.resolve(true),
    },
  };
}
