import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { ScoreChange } from '@landed/schemas/events.gen';
import { topicNames } from '@landed/schemas/topics';
import { Kafka, logLevel } from 'kafkajs';

/**
 * The first score change that is wanted, read as a subscriber reads it: a stock kafkajs consumer
 * and the stock registry client, nothing of ours.
 *
 * @returns null when none came within `deadlineMs`
 */
export async function awaitScoreChange(
  env: Readonly<Record<string, string>>,
  isWanted: (change: ScoreChange) => boolean,
  deadlineMs: number,
): Promise<ScoreChange | null> {
  const kafka = new Kafka({
    brokers: (env['KAFKA_BROKERS'] ?? '').split(','),
    logLevel: logLevel.NOTHING,
  });
  const registry = new SchemaRegistry({ host: env['SCHEMA_REGISTRY_URL'] ?? '' });
  const groupId = `${env['KAFKA_TOPIC_PREFIX'] ?? ''}subscriber-${crypto.randomUUID()}`;
  const consumer = kafka.consumer({ groupId });
  const topic = topicNames(env['KAFKA_TOPIC_PREFIX']).scoreChanges;
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => resolve(null), deadlineMs);
      consumer
        .run({
          eachMessage: async ({ message }) => {
            if (message.value === null) return;
            const change = (await registry.decode(message.value)) as ScoreChange;
            if (isWanted(change)) resolve(change);
          },
        })
        .catch(reject);
    });
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
}
