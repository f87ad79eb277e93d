import { createRegistry } from '@landed/schemas/registry';
import { assertCoPartitioned } from '@landed/schemas/topic-admin';
import { Kafka, logLevel } from 'kafkajs';
import type { Config } from './config.ts';
import { connectSender } from './kafka-sender.ts';
import { kafkaLogCreator } from './log.ts';
import type { Logger } from './log.ts';
import type { Clients } from './storage.ts';

/** The clients of Kafka and of the schema registry, as the service needs them. */
export function createClients(config: Config, logger: Logger): Clients {
  const kafka = new Kafka({
    ...config.kafka,
    logLevel: logLevel.WARN,
    logCreator: kafkaLogCreator(logger.child({ module: 'kafkajs' })),
  });
  const registry = createRegistry(config.registry);
  return {
    connect: () => connectSender(kafka),
    rawSchemaId: async () => (await registry.schemaIds()).RawWebhook,
    assertTopics: async (specs) => {
      const admin = kafka.admin();
      await admin.connect();
      try {
        await assertCoPartitioned(admin, specs);
      } finally {
        await admin.disconnect();
      }
    },
  };
}
