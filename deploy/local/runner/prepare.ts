import { loadClickHouseAddress } from '@landed/processor-service/warehouse/config';
import { migrate } from '@landed/schemas/clickhouse-migrate';
import { kafkaOptions } from '@landed/schemas/kafka';
import { createRegistry } from '@landed/schemas/registry';
import {
  kafkaSecrets,
  kafkaShape,
  readSettings,
  registrySecrets,
  registryShape,
} from '@landed/schemas/settings';
import { applyTopics } from '@landed/schemas/topic-admin';
import { topicSpecs } from '@landed/schemas/topics';
import { Kafka, logLevel } from 'kafkajs';
import { StackError } from '../stack/stack-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Makes the topics as the contract has them. @throws StackError when an existing one differs */
export const prepareTopics = async (env: Environment): Promise<void> => {
  const settings = readSettings(env, kafkaShape, kafkaSecrets);
  const kafka = new Kafka({
    ...kafkaOptions(settings, 'landed-start'),
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const specs = topicSpecs({
      prefix: settings.KAFKA_TOPIC_PREFIX,
      partitions: settings.TOPIC_PARTITIONS,
      replication: settings.TOPIC_REPLICATION,
    });
    const drift = await applyTopics(admin, specs);
    const [first] = drift.filter(({ what }) => what === 'partitions');
    if (first !== undefined) {
      throw new StackError(
        `Topic ${first.topic} has ${first.found} partitions, not ${first.wanted}. Set TOPIC_PARTITIONS to what is there, or begin with empty data by --fresh.`,
      );
    }
  } finally {
    await admin.disconnect();
  }
};

/** Registers the schemas of every topic. */
export const prepareSchemas = async (env: Environment): Promise<void> => {
  const prefix = readSettings(env, kafkaShape, kafkaSecrets).KAFKA_TOPIC_PREFIX;
  const settings = readSettings(env, registryShape, registrySecrets);
  const registry = createRegistry({
    url: settings.SCHEMA_REGISTRY_URL,
    prefix,
    user: settings.SCHEMA_REGISTRY_USER,
    password: settings.SCHEMA_REGISTRY_PASSWORD,
    timeoutMs: 15_000,
  });
  await registry.register();
};

/** Brings the warehouse to the newest tables and views. */
export const prepareTables = async (env: Environment): Promise<void> => {
  await migrate(loadClickHouseAddress(env));
};
