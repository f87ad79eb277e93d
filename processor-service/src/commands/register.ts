import { createRegistry } from '@landed/schemas/registry';
import type { SchemaIds } from '@landed/schemas/registry';
import { kafkaShape, readSettings, registrySecrets, registryShape } from '@landed/schemas/settings';
import type { Environment } from '@landed/schemas/settings';
import type { AddCommand } from './command.ts';

const CALL_MS = 15_000;

/** Registers every schema. Rejects when one is not compatible with what was registered before. */
export async function registerSchemas(env: Environment): Promise<SchemaIds> {
  const { KAFKA_TOPIC_PREFIX: prefix } = readSettings(env, {
    KAFKA_TOPIC_PREFIX: kafkaShape.KAFKA_TOPIC_PREFIX,
  });
  const settings = readSettings(env, registryShape, registrySecrets);
  return createRegistry({
    url: settings.SCHEMA_REGISTRY_URL,
    prefix,
    user: settings.SCHEMA_REGISTRY_USER,
    password: settings.SCHEMA_REGISTRY_PASSWORD,
    timeoutMs: CALL_MS,
  }).register();
}

/** `landed register`: done at deploy, so that services start without the registry. */
export const addRegister: AddCommand = (program, { env, print }) => {
  program
    .command('register')
    .description('register the schemas of all topics under FULL_TRANSITIVE')
    .action(async () => {
      const ids = await registerSchemas(env);
      for (const [name, id] of Object.entries(ids)) print(`${name} ${id}`);
    });
};
