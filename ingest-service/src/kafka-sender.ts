import { OperationError } from '@landed/schemas/fate';
import { durableSend, ingestProducerOptions } from '@landed/schemas/kafka';
import type { ICustomPartitioner, Kafka, Message, RecordMetadata, TopicMessages } from 'kafkajs';
import type { OutgoingRecord } from './batch.ts';
import type { Sender, Sent } from './producer.ts';

/** Kafka's words for a record, or a record batch, that the topic does not take. */
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/** Every record names its partition: the key rule is ours. */
const asNamed: ICustomPartitioner =
  () =>
  ({ message }) =>
    message.partition ?? 0;

function byTopic(records: readonly OutgoingRecord[]): TopicMessages[] {
  const topics = new Map<string, Message[]>();
  for (const { topic, partition, key, value, headers } of records) {
    const message: Message = { partition, key, value, ...(headers ? { headers } : {}) };
    const messages = topics.get(topic);
    if (messages) messages.push(message);
    else topics.set(topic, [message]);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}

/**
 * Whether every partition of a batch was acknowledged. kafkajs may resolve without: when the leader
 * of some partitions fails and they move to a broker that has already answered, its retry leaves
 * them out (producer/sendMessages.js, `brokersWithoutResponse`).
 */
export function isAcknowledged(
  records: readonly OutgoingRecord[],
  answers: readonly Pick<RecordMetadata, 'topicName' | 'partition' | 'errorCode'>[],
): boolean {
  const stored = new Set<string>();
  for (const { topicName, partition, errorCode } of answers) {
    if (errorCode === 0) stored.add(`${topicName}/${partition}`);
  }
  return records.every(({ topic, partition }) => stored.has(`${topic}/${partition}`));
}

function kafkaErrorType(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('type' in at && typeof at.type === 'string') return at.type;
  }
  return '';
}

/** Connects an idempotent kafkajs producer. Its owner keeps one `send` outstanding. */
export async function connectSender(kafka: Kafka): Promise<Sender> {
  const producer = kafka.producer({ ...ingestProducerOptions, createPartitioner: asNamed });
  await producer.connect();
  const send = async (records: readonly OutgoingRecord[]): Promise<Sent> => {
    try {
      const answers = await producer.sendBatch({ ...durableSend, topicMessages: byTopic(records) });
      if (isAcknowledged(records, answers)) return 'stored';
    } catch (error) {
      if (TOO_LARGE.has(kafkaErrorType(error))) return 'too_large';
      throw error;
    }
    throw new OperationError('Kafka did not acknowledge every partition', { retriable: true });
  };
  return { send, close: () => producer.disconnect() };
}
