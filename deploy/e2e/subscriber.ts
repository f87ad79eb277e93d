import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { topicNames } from '@landed/schemas/topics';
import type { TopicKey } from '@landed/schemas/topics';
import { Kafka, logLevel } from 'kafkajs';

/**
 * The records of a topic up to the one that is wanted, read as a subscriber reads them: a stock
 * kafkajs consumer and the stock registry client, nothing of ours. Those of one person come in the
 * order they were published.
 *
 * @returns all that came until then; without the wanted one when none came within `deadlineMs`
 */
export async function recordsUntil<T>(
  env: Readonly<Record<string, string>>,
  topic: TopicKey,
  isWanted: (value: T) => boolean,
  deadlineMs: number,
): Promise<readonly T[]> {
  const kafka = new Kafka({
    brokers: (env['KAFKA_BROKERS'] ?? '').split(','),
    logLevel: logLevel.NOTHING,
  });
  const registry = new SchemaRegistry({ host: env['SCHEMA_REGISTRY_URL'] ?? '' });
  const prefix = env['KAFKA_TOPIC_PREFIX'] ?? '';
  const consumer = kafka.consumer({ groupId: `${prefix}subscriber-${crypto.randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [topicNames(prefix)[topic]], fromBeginning: true });
  let timer: NodeJS.Timeout | undefined;
  const read: T[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(resolve, deadlineMs);
      consumer
        .run({
          eachMessage: async ({ message }) => {
            if (message.value === null) return;
            const value = (await registry.decode(message.value)) as T;
            read.push(value);
            if (isWanted(value)) resolve();
          },
        })
        .catch(reject);
    });
    const at = read.findIndex(isWanted);
    return at < 0 ? read : read.slice(0, at + 1);
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
}

/**
 * The first record of a topic that is wanted.
 *
 * @returns null when none came within `deadlineMs`
 */
export async function awaitRecord<T>(
  env: Readonly<Record<string, string>>,
  topic: TopicKey,
  isWanted: (value: T) => boolean,
  deadlineMs: number,
): Promise<T | null> {
  const read = await recordsUntil(env, topic, isWanted, deadlineMs);
  return read.find(isWanted) ?? null;
}
