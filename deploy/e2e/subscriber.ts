import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { topicNames } from '@landed/schemas/topics';
import type { TopicKey } from '@landed/schemas/topics';
import { Kafka, logLevel } from 'kafkajs';

/**
 * The first record of a topic that is wanted, read as a subscriber reads it: a stock kafkajs
 * consumer and the stock registry client, nothing of ours.
 *
 * @returns null when none came within `deadlineMs`
 */
export async function awaitRecord<T>(
  env: Readonly<Record<string, string>>,
  topic: TopicKey,
  isWanted: (value: T) => boolean,
  deadlineMs: number,
): Promise<T | null> {
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
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => resolve(null), deadlineMs);
      consumer
        .run({
          eachMessage: async ({ message }) => {
            if (message.value === null) return;
            const value = (await registry.decode(message.value)) as T;
            if (isWanted(value)) resolve(value);
          },
        })
        .catch(reject);
    });
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
}
