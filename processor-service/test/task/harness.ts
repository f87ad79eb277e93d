import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import type { Admin, Producer } from 'kafkajs';
import { pino } from 'pino';
import { kafkaOptions } from '@landed/schemas/kafka';
import { createRegistry } from '@landed/schemas/registry';
import type { Registry } from '@landed/schemas/registry';
import { applyTopics } from '@landed/schemas/topic-admin';
import { loadConfig } from '../../src/config.ts';
import type { Config } from '../../src/config.ts';
import { createPartitionReader } from '../../src/log/partition-reader.ts';
import type { LogRecord, PartitionReader } from '../../src/log/partition-reader.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { Metrics } from '../../src/metrics.ts';
import type { Role } from '../../src/role.ts';
import { createScoreRole, scoreGroup } from '../../src/task/score-role.ts';

/* The real score role on a real broker, under a prefix of its own. */

export const PARTITIONS = 3;

export type Stack = { readonly kafkaBrokers: string; readonly registryUrl: string };

export type Member = {
  readonly role: Role;
  readonly metrics: Metrics;
  readonly crashes: unknown[];
  readonly stop: () => Promise<void>;
};

export type Harness = {
  readonly config: Config;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  readonly reader: PartitionReader;
  readonly registry: Registry;
  /** Starts a member of the group with a state folder of its own. */
  readonly member: (more?: {
    readonly registry?: Registry;
    readonly stateDir?: string;
  }) => Promise<Member>;
  /** All committed records of a topic. */
  readonly all: (topic: string) => Promise<readonly LogRecord[]>;
  readonly committed: () => Promise<readonly number[]>;
  readonly stateDir: (name: string) => string;
  readonly close: () => Promise<void>;
};

export async function createHarness(stack: Stack): Promise<Harness> {
  const root = mkdtempSync(join(tmpdir(), 'landed-score-'));
  const prefix = `t${randomBytes(5).toString('hex')}.`;
  const config = loadConfig({
    KAFKA_BROKERS: stack.kafkaBrokers,
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    KAFKA_TOPIC_PREFIX: prefix,
    TOPIC_PARTITIONS: String(PARTITIONS),
    LANDED_SEAL_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
    LANDED_HASH_KEY: 'a key of at least thirty-two bytes',
    PROCESSOR_ROLES: 'score',
    PROCESSOR_STATE_DIR: join(root, 'none'),
  });
  const kafka = new Kafka({
    ...kafkaOptions({ KAFKA_BROKERS: stack.kafkaBrokers.split(','), KAFKA_TLS: false }, 'test'),
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  await applyTopics(admin, config.topicSpecs);
  const registry = createRegistry({ url: stack.registryUrl, prefix, timeoutMs: 15_000 });
  await registry.register();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const reader = createPartitionReader({ kafka });
  const stops: (() => Promise<void>)[] = [];
  let count = 0;

  return {
    config,
    kafka,
    admin,
    producer,
    reader,
    registry,
    member: async (more = {}) => {
      const stateDir = more.stateDir ?? join(root, `member-${count++}`);
      const metrics = createMetrics();
      const crashes: unknown[] = [];
      const role = createScoreRole({
        env: {},
        config: { ...config, stateDir },
        logger: pino({ level: 'silent' }),
        metrics: metrics.registry,
        scoreMetrics: metrics,
        kafka,
        createReader: () => createPartitionReader({ kafka }),
        registry: more.registry ?? registry,
        onCrash: (error) => void crashes.push(error),
      });
      await role.start();
      let stopped: Promise<void> | null = null;
      const stop = async (): Promise<void> => (stopped ??= role.stop());
      stops.push(stop);
      return { role, metrics, crashes, stop };
    },
    all: async (topic) => {
      const spec = config.topicSpecs.find(({ name }) => name === topic);
      const records: LogRecord[] = [];
      for (let partition = 0; partition < (spec?.partitions ?? 1); partition++) {
        for await (const page of reader.read({ topic, partition, from: 0n })) {
          records.push(...page.records);
        }
      }
      return records;
    },
    committed: async () => {
      const groupId = scoreGroup(prefix);
      const [answer] = await admin.fetchOffsets({ groupId, topics: [config.topics.raw] });
      const partitions = answer?.partitions ?? [];
      return [...partitions]
        .sort((a, b) => a.partition - b.partition)
        .map(({ offset }) => Math.max(0, Number(offset)));
    },
    stateDir: (name) => join(root, name),
    close: async () => {
      for (const stop of stops) await stop();
      await producer.disconnect();
      await reader.close();
      await admin.deleteTopics({ topics: config.topicSpecs.map(({ name }) => name) });
      await admin.disconnect();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Polls until something holds, or fails with what did not. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = 40_000,
): Promise<void> {
  const deadline = performance.now() + ms;
  for (;;) {
    if (await holds()) return;
    if (performance.now() > deadline) throw new Error(`not in ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
