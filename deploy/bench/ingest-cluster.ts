import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { topicNames } from '@landed/schemas/topics';
import { prepareSchemas, prepareTopics } from '../local/runner/prepare.ts';
import { freeStackPorts } from '../local/stack/stack-ports.ts';
import { startStack } from '../local/stack/stack.ts';

/** A broker and a registry for one run, with topics under a prefix of their own. */
export type BenchCluster = {
  readonly brokers: string;
  readonly rawTopic: string;
  /** Settings of a service on it. */
  readonly env: Readonly<Record<string, string>>;
  /** Null when the broker is not ours. */
  readonly brokerPid: number | null;
  readonly stop: () => Promise<void>;
};

const artifactsDir = fileURLToPath(new URL('../../.stack', import.meta.url));

/**
 * The servers that KAFKA_BROKERS and SCHEMA_REGISTRY_URL name, else embedded ones.
 *
 * @param dir where an embedded broker keeps its data
 */
export async function startCluster(env: NodeJS.ProcessEnv, dir: string): Promise<BenchCluster> {
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = env;
  const isGiven = Boolean(KAFKA_BROKERS && SCHEMA_REGISTRY_URL);
  const stack = isGiven
    ? null
    : await startStack({
        dir: join(dir, 'stack'),
        artifactsDir,
        ports: await freeStackPorts(),
        only: ['kafka', 'registry'],
        registryStorage: 'memory',
      });
  const brokers = stack?.kafkaBrokers ?? KAFKA_BROKERS ?? '';
  const registryUrl = stack?.registryUrl ?? SCHEMA_REGISTRY_URL ?? '';
  const prefix = `bench-${randomBytes(4).toString('hex')}.`;
  const settings = {
    KAFKA_BROKERS: brokers,
    SCHEMA_REGISTRY_URL: registryUrl,
    KAFKA_TOPIC_PREFIX: prefix,
    TOPIC_PARTITIONS: '12',
  };
  await prepareTopics(settings);
  await prepareSchemas(settings);
  return {
    brokers,
    rawTopic: topicNames(prefix).raw,
    env: settings,
    brokerPid: stack?.processes().find(({ name }) => name === 'kafka')?.pid ?? null,
    stop: async () => stack?.stop(),
  };
}
