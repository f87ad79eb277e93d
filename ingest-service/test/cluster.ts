import { randomBytes } from 'node:crypto';
import { createRegistry } from '@landed/schemas/registry';
import { applyTopics } from '@landed/schemas/topic-admin';
import { topicNames, topicSpecs } from '@landed/schemas/topics';
import type { TopicNames } from '@landed/schemas/topics';
import { Kafka, logLevel } from 'kafkajs';
import type { IHeaders } from 'kafkajs';

export const PARTITIONS = 4;

export type StoredRecord = {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: IHeaders;
};

export type Cluster = {
  readonly prefix: string;
  readonly names: TopicNames;
  /** Settings of a service on these topics. */
  readonly env: Readonly<Record<string, string>>;
  /** Everything in a topic at this moment. */
  readonly readAll: (topic: string) => Promise<StoredRecord[]>;
  readonly remove: () => Promise<void>;
};

type Stack = { readonly kafkaBrokers: string; readonly registryUrl: string };

/** Topics and schemas of our own on a shared cluster, behind a random prefix. */
export async function createCluster({ kafkaBrokers, registryUrl }: Stack): Promise<Cluster> {
  const prefix = `ingest-${randomBytes(4).toString('hex')}.`;
  const brokers = kafkaBrokers.split(',');
  const kafka = new Kafka({ clientId: 'ingest-test', brokers, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const specs = topicSpecs({ prefix, partitions: PARTITIONS, replication: 1 });
  await applyTopics(admin, specs);
  await createRegistry({ url: registryUrl, prefix }).register();

  const readAll = async (topic: string): Promise<StoredRecord[]> => {
    const ends = await admin.fetchTopicOffsets(topic);
    const missing = new Map(
      ends
        .filter(({ low, high }) => Number(high) > Number(low))
        .map(({ partition, high }) => [partition, Number(high)]),
    );
    const records: StoredRecord[] = [];
    if (missing.size === 0) return records;
    const consumer = kafka.consumer({ groupId: `${prefix}${randomBytes(4).toString('hex')}` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer
        .run({
          eachMessage: ({ partition, message }) => {
            const { key, value, headers = {} } = message;
            const offset = Number(message.offset);
            records.push({
              partition,
              offset,
              key: key?.toString() ?? null,
              value: value ?? Buffer.alloc(0),
              headers,
            });
            if (offset + 1 >= (missing.get(partition) ?? 0)) missing.delete(partition);
            if (missing.size === 0) resolve();
            return Promise.resolve();
          },
        })
        .catch(reject);
    });
    await consumer.disconnect();
    return records;
  };

  return {
    prefix,
    names: topicNames(prefix),
    env: {
      KAFKA_BROKERS: kafkaBrokers,
      SCHEMA_REGISTRY_URL: registryUrl,
      KAFKA_TOPIC_PREFIX: prefix,
      TOPIC_PARTITIONS: String(PARTITIONS),
    },
    readAll,
    remove: async () => {
      await admin.deleteTopics({ topics: specs.map((spec) => spec.name) });
      await admin.disconnect();
    },
  };
}
