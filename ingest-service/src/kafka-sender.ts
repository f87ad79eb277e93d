import { createRequire } from 'node:module';
import { askBroker, createOwnCluster, encoded, leaderOf } from '@landed/schemas/kafkajs-cluster';
import type { BrokerInternals, OwnCluster } from '@landed/schemas/kafkajs-cluster';
import { OperationError } from '@landed/schemas/fate';
import { groupBy } from '@landed/schemas/group-by';
import type { Cluster, Kafka } from 'kafkajs';
import { pause } from './deadline.ts';
import { PRODUCE, decodeProduceAnswer, encodeProduce, throttleMs } from './produce.ts';
import type { ProduceAnswer } from './produce.ts';
import type { Sender, Sent } from './producer.ts';
import { encodeBatches, sequenceAfter } from './sequences.ts';
import type { Batch, ProducerIdentity } from './sequences.ts';

/** How long a broker may wait for the replicas in sync. */
const REPLICAS_TIMEOUT_MS = 3_000;
/** Longer than its owner waits: who gives up is the owner, with the whole sender. */
const ANSWER_TIMEOUT_MS = 10_000;
const TRANSACTION_TIMEOUT_MS = 60_000;
const ATTEMPTS_MAX = 10;
const BACKOFF_MIN_MS = 50;
const BACKOFF_MAX_MS = 500;

const NONE = 0;
/** Taken before: the answer to the first time was lost. */
const DUPLICATE_SEQUENCE_NUMBER = 46;
/** Message and record list too large. */
const TOO_LARGE: readonly number[] = [10, 18];

type KafkaError = Error & { readonly retriable: boolean };
const { createErrorFromCode } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => KafkaError;
};

/** An answer that did not come; kafkajs says which broker is gone. */
type Lost = { readonly name?: string; readonly host?: string; readonly port?: number };

/** What became of one batch. `again`: nothing is known, or the broker asks to try again. */
type Outcome = { readonly batch: Batch; readonly fate: Sent | 'again'; readonly error?: unknown };

/** @throws the error of an answer that trying again does not mend */
function outcomeOf(batch: Batch, answer: ProduceAnswer | undefined): Outcome {
  if (answer === undefined) return { batch, fate: 'again' };
  const { errorCode } = answer;
  if (errorCode === NONE || errorCode === DUPLICATE_SEQUENCE_NUMBER)
    return { batch, fate: 'stored' };
  if (TOO_LARGE.includes(errorCode)) return { batch, fate: 'too_large' };
  const error = createErrorFromCode(errorCode);
  if (!error.retriable) throw error;
  return { batch, fate: 'again', error };
}

/** Sends to one broker what it leads. */
async function produceTo(
  cluster: Cluster,
  nodeId: string | null,
  batches: readonly Batch[],
): Promise<readonly Outcome[]> {
  const lost = (error: unknown): readonly Outcome[] =>
    batches.map((batch) => ({ batch, fate: 'again', error }));
  if (nodeId === null) return lost(new Error('a partition has no leader'));
  let payload: Buffer;
  try {
    const broker = (await cluster.findBroker({ nodeId })) as BrokerInternals;
    const body = encodeProduce(batches, REPLICAS_TIMEOUT_MS);
    payload = await askBroker(broker, {
      api: PRODUCE,
      request: encoded(PRODUCE, body),
      timeoutMs: ANSWER_TIMEOUT_MS,
      throttleMs,
    });
  } catch (error) {
    if (error instanceof OperationError) throw error;
    const { name, host, port } = error as Lost;
    if (name === 'KafkaJSConnectionClosedError' && host !== undefined && port !== undefined) {
      cluster.removeBroker({ host, port });
    }
    return lost(error);
  }
  const answers = decodeProduceAnswer(payload);
  return batches.map((batch) =>
    outcomeOf(
      batch,
      answers.find(
        ({ topic, partition }) => topic === batch.topic && partition === batch.partition,
      ),
    ),
  );
}

/** One attempt at all of them, every broker at once. */
async function produceAll(
  cluster: Cluster,
  batches: readonly Batch[],
): Promise<readonly Outcome[]> {
  const leaders = groupBy(batches, ({ topic, partition }) => leaderOf(cluster, topic, partition));
  const outcomes = await Promise.all(
    [...leaders].map(([nodeId, own]) => produceTo(cluster, nodeId, own)),
  );
  return outcomes.flat();
}

/** Learns anew who leads what, over new connections where the old ones are gone. */
async function lookAgain(cluster: Cluster): Promise<void> {
  if (!cluster.isConnected()) await cluster.connect();
  await cluster.refreshMetadata();
}

const backoffMs = (attempt: number): number =>
  Math.min(BACKOFF_MIN_MS * 2 ** attempt, BACKOFF_MAX_MS) * (0.8 + 0.4 * Math.random());

/**
 * Sends until every batch is durable or too large. An unanswered batch is sent again byte for byte,
 * under its own sequence numbers: the broker takes it once.
 *
 * @param isClosed whether the owner has let go; nothing is sent after that
 */
async function sendAll(
  cluster: Cluster,
  batches: readonly Batch[],
  isClosed: () => boolean,
  onStored: (batch: Batch) => void,
): Promise<Sent> {
  let waiting = batches;
  let sent: Sent = 'stored';
  for (let attempt = 0; ; attempt += 1) {
    const outcomes = await produceAll(cluster, waiting);
    for (const { batch, fate } of outcomes) {
      if (fate === 'stored') onStored(batch);
      if (fate === 'too_large') sent = 'too_large';
    }
    const left = outcomes.filter(({ fate }) => fate === 'again');
    const [first] = left;
    if (first === undefined) return sent;
    if (isClosed() || attempt + 1 >= ATTEMPTS_MAX) throw first.error;
    await pause(backoffMs(attempt));
    await lookAgain(cluster);
    waiting = left.map(({ batch }) => batch);
  }
}

async function identify(cluster: Cluster): Promise<ProducerIdentity> {
  const broker = (await cluster.findControllerBroker()) as BrokerInternals;
  const { producerId, producerEpoch } = await broker.initProducerId({
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
  });
  return { producerId: BigInt(producerId), producerEpoch };
}

async function open({ cluster, disconnect }: OwnCluster): Promise<ProducerIdentity> {
  try {
    await cluster.connect();
    await cluster.refreshMetadata();
    return await identify(cluster);
  } catch (error) {
    await disconnect();
    throw error;
  }
}

/**
 * Connects an idempotent producer of our own over kafkajs's connections and metadata. kafkajs's
 * producer gives the sequence numbers of an unanswered batch to the next one, leaves partitions out
 * of a retry when their leader moves (producer/sendMessages.js), and takes ten times as long for a
 * record. Its owner keeps one `send` outstanding, and lets go of it after an error.
 */
export function connectSender(kafka: Kafka): Promise<Sender> {
  return connectThrough(createOwnCluster(kafka));
}

/** The same over a cluster that is there already; it belongs to the sender from here on. */
export async function connectThrough(own: OwnCluster): Promise<Sender> {
  const { cluster } = own;
  const identity = await open(own);
  const sequences = new Map<string, number>();
  let isClosed = false;
  return {
    send: async (records) => {
      await cluster.addMultipleTargetTopics([...new Set(records.map(({ topic }) => topic))]);
      await cluster.refreshMetadataIfNecessary();
      const batches = encodeBatches(records, identity, sequences);
      return sendAll(
        cluster,
        batches,
        () => isClosed,
        ({ name, firstSequence, records: stored }) => {
          sequences.set(name, sequenceAfter(firstSequence, stored.length));
        },
      );
    },
    close: () => {
      isClosed = true;
      return own.disconnect();
    },
  };
}
