import { OperationError } from '@landed/schemas/fate';
import { createSealer } from '@landed/schemas/seal';
import { topicSpecs } from '@landed/schemas/topics';
import type { TopicSpec } from '@landed/schemas/topics';
import pRetry from 'p-retry';
import { createCircuit } from './circuit.ts';
import type { Config } from './config.ts';
import { within } from './deadline.ts';
import { createLimiter } from './log.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { createProducer } from './producer.ts';
import type { Producer, Sender } from './producer.ts';
import { createPublisher } from './publish.ts';
import type { Publisher } from './publish.ts';
import { createRecords } from './records.ts';
import { createStore } from './store.ts';
import type { Store } from './store.ts';

/** What the service needs of the world. */
export type Clients = {
  /** A connected producer. */
  readonly connect: () => Promise<Sender>;
  /** Rejects, retriably, while topics are missing; for good when they differ from the contract. */
  readonly assertTopics: (specs: readonly TopicSpec[]) => Promise<void>;
  readonly rawSchemaId: () => Promise<number>;
};

/** The way from an authentic call to Kafka. */
export type Storage = {
  /** Null until schema ids and topics are known. */
  readonly store: () => Store | null;
  /**
   * Resolves once webhooks can be stored: true; or once closed before that: false. Rejects when they
   * never will be.
   */
  readonly becomeAble: () => Promise<boolean>;
  readonly isConnected: () => boolean;
  readonly pending: Publisher['pending'];
  readonly close: (timeoutMs: number) => Promise<void>;
};

const CIRCUIT = { failuresMax: 3, probeIntervalMs: 1_000 };
const ATTEMPT_TIMEOUT_MS = 20_000;
const QUIET_MS = 10_000;
const STOPPING = 'the service is stopping';

/** Tries until it works: what is missing at start (a broker, a registry, topics) may come later. */
async function untilDone<T>(
  what: string,
  step: () => Promise<T>,
  signal: AbortSignal,
  logger: Logger,
): Promise<T> {
  const stopped = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () =>
      reject(new OperationError(STOPPING, { retriable: false })),
    );
  });
  const attempt = (): Promise<T> =>
    within(Promise.race([step(), stopped]), ATTEMPT_TIMEOUT_MS, what);
  return pRetry(attempt, {
    retries: Infinity,
    minTimeout: 200,
    maxTimeout: 2_000,
    randomize: true,
    shouldRetry: ({ error }) =>
      !signal.aborted && (!(error instanceof OperationError) || error.retriable),
    onFailedAttempt: ({ error, attemptNumber }) => {
      if (attemptNumber % 20 === 1) logger.warn({ error }, `waiting for ${what}`);
    },
  });
}

function writtenTopics({ topics }: Config): { readonly raw: TopicSpec; readonly dead: TopicSpec } {
  const specs = topicSpecs(topics);
  const raw = specs.find((spec) => spec.key === 'raw');
  const dead = specs.find((spec) => spec.key === 'deadLetters');
  if (!raw || !dead)
    throw new OperationError('the topic table is incomplete', { retriable: false });
  return { raw, dead };
}

function createLane(
  config: Config,
  clients: Clients,
  metrics: Metrics,
  logger: Logger,
): { readonly producer: Producer; readonly publisher: Publisher } {
  const { limits } = config;
  const producer = createProducer({
    connect: clients.connect,
    circuit: createCircuit(CIRCUIT),
    limits,
    logger: logger.child({ module: 'producer' }),
    onReplaced: metrics.producerReplaced,
  });
  const limit = createLimiter(QUIET_MS);
  const onUnmade = (error: unknown): void => {
    limit('unmade', (suppressed) => {
      logger.error({ error, suppressed }, 'a record could not be made, answered 503');
    });
  };
  return { producer, publisher: createPublisher({ producer, limits, meter: metrics, onUnmade }) };
}

export function createStorage(
  config: Config,
  clients: Clients,
  metrics: Metrics,
  logger: Logger,
): Storage {
  const { raw, dead } = writtenTopics(config);
  const { producer, publisher } = createLane(config, clients, metrics, logger);
  const closing = new AbortController();
  const sealer = createSealer(config.sealKeys);
  let store: Store | null = null;
  const open = async (): Promise<void> => {
    const { signal } = closing;
    const [rawSchemaId] = await Promise.all([
      untilDone('schema ids', clients.rawSchemaId, signal, logger),
      untilDone('topics', () => clients.assertTopics([raw, dead]), signal, logger),
    ]);
    const records = createRecords({
      sealer,
      rawSchemaId,
      rawTopic: raw.name,
      rawPartitions: raw.partitions,
      deadLetterTopic: dead.name,
      deadLetterPartitions: dead.partitions,
    });
    store = createStore({ records, publisher });
  };
  const becomeAble = async (): Promise<boolean> => {
    producer.start();
    try {
      await open();
      return true;
    } catch (error) {
      if (closing.signal.aborted) return false;
      throw error;
    }
  };
  let able: Promise<boolean> | null = null;
  return {
    store: () => store,
    becomeAble: () => (able ??= becomeAble()),
    isConnected: producer.isConnected,
    pending: publisher.pending,
    close: async (timeoutMs) => {
      closing.abort();
      await publisher.close(timeoutMs);
    },
  };
}
