import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRegistry } from '@landed/schemas/registry';
import { applyTopics } from '@landed/schemas/topic-admin';
import { topicNames, topicSpecs } from '@landed/schemas/topics';
import { Kafka, logLevel } from 'kafkajs';
import { freeStackPorts } from '../../local/stack/stack-ports.ts';
import { startStack } from '../../local/stack/stack.ts';
import type { Stack } from '../../local/stack/stack.ts';
import { readEventIds } from './raw-ids.ts';

/** A broker, its topics, and the settings of services on them. */
export type World = {
  /** Folder of logs and state, removed by who made it. */
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signingKey: string;
  /** Null on servers of somebody else, which are neither stopped nor paused. */
  readonly stack: Stack | null;
  /** Event ids that stand in the raw topic now, those of committed records; repeats once. */
  readonly rawEventIds: () => Promise<ReadonlySet<string>>;
  readonly close: () => Promise<void>;
};

export type Servers = { readonly kafkaBrokers: string; readonly registryUrl: string };

const PARTITIONS = 4;
const ARTIFACTS = fileURLToPath(new URL('../../../.stack', import.meta.url));

/** Makes topics and schemas of its own on servers that run. */
export async function createWorld(
  servers: Servers,
  dir: string,
  stack: Stack | null = null,
): Promise<World> {
  mkdirSync(dir, { recursive: true });
  const prefix = `faults-${randomBytes(4).toString('hex')}.`;
  const signingKey = randomBytes(24).toString('hex');
  const kafka = new Kafka({
    clientId: 'landed-faults',
    brokers: servers.kafkaBrokers.split(','),
    logLevel: logLevel.NOTHING,
  });
  const specs = topicSpecs({ prefix, partitions: PARTITIONS, replication: 1 });
  const withAdmin = async (act: (admin: ReturnType<Kafka['admin']>) => Promise<unknown>) => {
    const admin = kafka.admin();
    await admin.connect();
    await act(admin);
    await admin.disconnect();
  };
  await withAdmin((admin) => applyTopics(admin, specs));
  await createRegistry({ url: servers.registryUrl, prefix, timeoutMs: 15_000 }).register();
  return {
    dir,
    signingKey,
    stack,
    env: {
      PATH: process.env['PATH'] ?? '',
      KAFKA_BROKERS: servers.kafkaBrokers,
      SCHEMA_REGISTRY_URL: servers.registryUrl,
      KAFKA_TOPIC_PREFIX: prefix,
      TOPIC_PARTITIONS: String(PARTITIONS),
      CUSTOMERIO_SIGNING_KEYS: `faults:${signingKey}`,
      LANDED_SEAL_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      LANDED_HASH_KEY: randomBytes(32).toString('hex'),
    },
    rawEventIds: () => readEventIds(kafka, topicNames(prefix).raw),
    close: async () => {
      if (stack) await stack.stop();
      else
        await withAdmin((admin) => admin.deleteTopics({ topics: specs.map(({ name }) => name) }));
    },
  };
}

/** Starts a broker and a registry of its own on free ports, under `dir`. */
export async function openWorld(dir: string): Promise<World> {
  const stack = await startStack({
    dir: join(dir, 'stack'),
    artifactsDir: ARTIFACTS,
    ports: await freeStackPorts(),
    only: ['kafka', 'registry'],
    registryStorage: 'memory',
  });
  try {
    return await createWorld(stack, join(dir, 'ingest'), stack);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
