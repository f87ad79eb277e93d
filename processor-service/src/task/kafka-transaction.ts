import { setTimeout as sleep } from 'node:timers/promises';
import { Partitioners } from 'kafkajs';
import type { Admin, Kafka, Producer, Transaction } from 'kafkajs';
import { OperationError } from '@landed/schemas/fate';
import { taskProducerOptions } from '@landed/schemas/kafka';
import { within } from '../log/deadline.ts';
import { groupBy } from '@landed/schemas/group-by';
import { FencedError, clockOfMetadata, positionMetadata } from './transaction.ts';
import type {
  InputPosition,
  OpenTaskProducer,
  ReadPosition,
  TaskProducer,
  TaskTransaction,
  WrittenOffsets,
} from './transaction.ts';
import type { OutputRecord } from './output.ts';

/* Transactions over kafkajs's transactional producer: one producer and one id per raw partition. */

export type KafkaTransactionsDeps = {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly groupId: string;
  readonly rawTopic: string;
  /** Transactional ids are this and the partition. */
  readonly transactionalIdPrefix: string;
};

const OPEN_MS = 20_000;
const SEND_MS = 20_000;
const END_MS = 15_000;
const CLOSE_MS = 5_000;
const RETRY_MS = 5;

/** What a fenced producer is told. kafkajs also wraps it, so causes are searched. */
const FENCED = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TXN_STATE',
]);
/**
 * What passes by itself while offsets are added. kafkajs retries none of these here: it looks for
 * other names of the coordinator errors than those it gives them (eosManager/index.js).
 */
const PASSING = new Set([
  'CONCURRENT_TRANSACTIONS',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]);

function typesOf(error: unknown): string[] {
  const types: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if ('type' in at && typeof at.type === 'string') types.push(at.type);
  }
  return types;
}

/** Runs one step of a transaction within a deadline; tells fencing from all other trouble. */
async function step<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  try {
    return await within(work, ms, what);
  } catch (cause) {
    if (typesOf(cause).some((type) => FENCED.has(type))) throw new FencedError(cause);
    throw new OperationError(`${what} failed`, { retriable: true, cause });
  }
}

async function sendOffsets(
  transaction: Transaction,
  request: Parameters<Transaction['sendOffsets']>[0],
): Promise<void> {
  const deadline = performance.now() + END_MS;
  for (;;) {
    try {
      await transaction.sendOffsets(request);
      return;
    } catch (error) {
      const passes = typesOf(error).some((type) => PASSING.has(type));
      if (!passes || performance.now() > deadline) throw error;
      await sleep(RETRY_MS);
    }
  }
}

function kafkaTransaction(
  deps: KafkaTransactionsDeps,
  transaction: Transaction,
  partition: number,
): TaskTransaction {
  const { rawTopic, groupId } = deps;
  return {
    send: async (records) => {
      const topicMessages = [...groupBy(records, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
        topic,
        messages: ofTopic.map(toMessage),
      }));
      const written = await step(transaction.sendBatch({ topicMessages }), SEND_MS, 'send');
      assertAllNamed(records, written);
      const next = new Map<string, bigint>();
      for (const { topicName, partition: where, baseOffset } of written) {
        if (where !== partition || baseOffset === undefined) continue;
        const count = records.filter((r) => r.topic === topicName && r.partition === where).length;
        next.set(topicName, BigInt(baseOffset) + BigInt(count));
      }
      return next satisfies WrittenOffsets;
    },
    sendPosition: async (position) => {
      const offset = position.nextOffset.toString();
      const partitions = [{ partition, offset, metadata: positionMetadata(position) }];
      const request = { consumerGroupId: groupId, topics: [{ topic: rawTopic, partitions }] };
      await step(sendOffsets(transaction, request), END_MS + 5_000, 'offsets');
    },
    commit: async () => step(transaction.commit(), END_MS, 'commit'),
  };
}

/**
 * A retry of kafkajs passes over brokers that have answered: a partition whose leader moved to one of
 * them meanwhile would count as sent without being written (producer/sendMessages.js). Its answer then
 * does not name it, and the transaction must not be committed.
 */
function assertAllNamed(
  records: readonly OutputRecord[],
  written: readonly { readonly topicName: string; readonly partition: number }[],
): void {
  const named = new Set(written.map(({ topicName, partition }) => `${topicName}/${partition}`));
  for (const { topic, partition } of records) {
    if (!named.has(`${topic}/${partition}`)) {
      const message = `send: no broker has answered for ${topic}-${partition}`;
      throw new OperationError(message, { retriable: true });
    }
  }
}

function toMessage(record: OutputRecord) {
  const { key, value, partition, headers } = record;
  return { key, value, partition, ...(headers === undefined ? {} : { headers }) };
}

async function disconnect(producer: Producer): Promise<void> {
  // It is dropped either way; sockets that do not close in time are closed by the broker.
  await within(producer.disconnect(), CLOSE_MS, 'disconnect').catch(() => undefined);
}

/** Opens task producers on kafkajs. */
export function createTaskProducers(deps: KafkaTransactionsDeps): OpenTaskProducer {
  return async (partition) => {
    const id = `${deps.transactionalIdPrefix}-${partition}`;
    const producer = deps.kafka.producer({
      ...taskProducerOptions(id),
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    try {
      await step(producer.connect(), OPEN_MS, 'connect');
      // An empty transaction initialises the id: it fences the last owner, ends what it left open,
      // and answers only when that is through. Without records nothing is written.
      const empty = await step(producer.transaction(), OPEN_MS, 'init');
      await step(empty.abort(), END_MS, 'init');
    } catch (error) {
      await disconnect(producer);
      throw error;
    }
    return {
      begin: async () =>
        kafkaTransaction(deps, await step(producer.transaction(), OPEN_MS, 'begin'), partition),
      close: async () => disconnect(producer),
    } satisfies TaskProducer;
  };
}

/** Reads committed positions. Only right after the partition's producer was opened are they final. */
export function createPositions(deps: KafkaTransactionsDeps): ReadPosition {
  return async (partition) => {
    const { admin, groupId, rawTopic } = deps;
    const asked = admin.fetchOffsets({ groupId, topics: [rawTopic] });
    const [answer] = await step(asked, OPEN_MS, 'committed offset');
    const found = answer?.partitions.find((one) => one.partition === partition);
    if (found === undefined || BigInt(found.offset) < 0n) return null;
    const clock = clockOfMetadata(found.metadata);
    return { nextOffset: BigInt(found.offset), clock } satisfies InputPosition;
  };
}
