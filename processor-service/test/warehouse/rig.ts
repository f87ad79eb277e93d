import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import type { Producer } from 'kafkajs';
import pino from 'pino';
import { Registry } from 'prom-client';
import { migrate } from '@landed/schemas/clickhouse-migrate';
import { createEncoder } from '@landed/schemas/codec';
import { deadLetterHeaders } from '@landed/schemas/dead-letter';
import type { DeadLetterFacts } from '@landed/schemas/dead-letter';
import type { MessageOutcome, Profile, ScoreChange } from '@landed/schemas/events.gen';
import { consumerOptions, kafkaOptions } from '@landed/schemas/kafka';
import { partitionOf } from '@landed/schemas/key';
import { createRegistry } from '@landed/schemas/registry';
import { createSealer } from '@landed/schemas/seal';
import { kafkaShape, readSettings } from '@landed/schemas/settings';
import { applyTopics } from '@landed/schemas/topic-admin';
import { topicNames, topicSpecs } from '@landed/schemas/topics';
import { createPartitionReader } from '../../src/log/partition-reader.ts';
import { createClickHouse } from '../../src/warehouse/clickhouse.ts';
import { warehouseGroup } from '../../src/warehouse/group.ts';
import { createWarehouseRole } from '../../src/warehouse/role.ts';
import type { WarehouseRole } from '../../src/warehouse/role.ts';

export const PARTITIONS = 3;

type Servers = {
  readonly kafkaBrokers: string;
  readonly registryUrl: string;
  readonly clickhouseUrl: string;
};

export type Rig = Awaited<ReturnType<typeof createRig>>;

/** Polls until the answer is right. Rejects with the last answer when the time is up. */
export async function eventually(check: () => Promise<void> | void, withinMs = 30_000) {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Topics, schemas and tables of one suite on the shared servers, and what writes and reads them. */
export async function createRig(servers: Servers) {
  const name = randomBytes(4).toString('hex');
  const prefix = `wh-${name}.`;
  const database = `wh_${name}`;
  const topics = topicNames(prefix);
  const specs = topicSpecs({ prefix, partitions: PARTITIONS, replication: 1 });
  const settings = readSettings({ KAFKA_BROKERS: servers.kafkaBrokers }, kafkaShape);
  const kafka = new Kafka({
    ...kafkaOptions(settings, 'warehouse-test'),
    logLevel: logLevel.NOTHING,
  });
  const registry = createRegistry({ url: servers.registryUrl, prefix });
  const admin = kafka.admin();
  await admin.connect();
  await applyTopics(admin, specs);
  const ids = await registry.register();
  await migrate({ url: servers.clickhouseUrl, database });
  const address = {
    url: servers.clickhouseUrl,
    database,
    user: 'default',
    password: '',
    cluster: undefined,
  };
  const clickhouse = createClickHouse(address);
  const producer: Producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const sealKey = randomBytes(32);
  const stateDir = mkdtempSync(join(tmpdir(), 'landed-wh-'));
  /** Settings of a whole processor on these servers. */
  const env: Record<string, string> = {
    KAFKA_BROKERS: servers.kafkaBrokers,
    KAFKA_TOPIC_PREFIX: prefix,
    TOPIC_PARTITIONS: String(PARTITIONS),
    SCHEMA_REGISTRY_URL: servers.registryUrl,
    LANDED_SEAL_KEYS: `k1:${sealKey.toString('base64')}`,
    LANDED_HASH_KEY: 'hash-key-of-the-warehouse-tests-0001',
    PROCESSOR_STATE_DIR: stateDir,
    CLICKHOUSE_URL: servers.clickhouseUrl,
    CLICKHOUSE_DATABASE: database,
    WAREHOUSE_FLUSH_MS: '100',
    WAREHOUSE_DAILY_MS: '500',
  };
  const sealer = createSealer([{ id: 'k1', key: sealKey }]);
  const encoders = {
    raw: createEncoder('RawWebhook', ids.RawWebhook),
    outcome: createEncoder('MessageOutcome', ids.MessageOutcome),
    change: createEncoder('ScoreChange', ids.ScoreChange),
    profile: createEncoder('Profile', ids.Profile),
  };

  const send = async (topic: string, key: string, value: Buffer | null, headers = {}) => {
    const count = topic === topics.deadLetters ? 3 : PARTITIONS;
    const partition = partitionOf(key, count);
    const [sent] = await producer.send({ topic, messages: [{ key, value, partition, headers }] });
    return { partition, offset: Number(sent?.baseOffset ?? -1) };
  };
  const sendMany = async (topic: string, records: readonly { key: string; value: Buffer }[]) => {
    for (let at = 0; at < records.length; at += 1_000) {
      const messages = records
        .slice(at, at + 1_000)
        .map(({ key, value }) => ({ key, value, partition: partitionOf(key, PARTITIONS) }));
      await producer.send({ topic, messages });
    }
  };
  const query = async (sql: string): Promise<readonly (readonly unknown[])[]> => {
    const rows: (readonly unknown[])[] = [];
    for await (const piece of clickhouse.read(sql)) rows.push(...piece);
    return rows;
  };
  const one = async (sql: string): Promise<unknown> => (await query(sql))[0]?.[0];

  /** A webhook as ingest stores it. */
  const sendRaw = async (key: string, body: object, eventId: string, receivedAt = Date.now()) => {
    const bytes = Buffer.from(JSON.stringify(body));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const value = encoders.raw({
      kind: 'webhook',
      source: 'customerio',
      workspace: 'acme',
      event_id: eventId,
      received_at: receivedAt,
      signature_timestamp: receivedAt,
      signing_key_id: '00000000',
      flags: [],
      body: sealer.seal(bytes),
      body_bytes: bytes.length,
      body_sha256: sha256,
    });
    return { ...(await send(topics.raw, key, value)), sha256 };
  };

  /** Commits an offset as a member of the group does; kafkajs's admin takes five seconds for it. */
  const setOffset = async (groupId: string, topic: string, partition: number, offset: number) => {
    const member = kafka.consumer({ ...consumerOptions(groupId), rebalanceTimeout: 5_000 });
    const joined = new Promise<void>((resolve) => {
      member.on(member.events.GROUP_JOIN, ({ payload }) => {
        member.pause(Object.keys(payload.memberAssignment).map((name) => ({ topic: name })));
        resolve();
      });
    });
    await member.connect();
    await member.subscribe({ topics: [topic] });
    await member.run({ autoCommit: false, eachBatch: async () => Promise.resolve() });
    await joined;
    await member.commitOffsets([{ topic, partition, offset: String(offset) }]);
    await member.disconnect();
  };

  /** A role of its own, with metrics of its own. */
  const startRole = async (given: Record<string, string> = {}) => {
    const metrics = new Registry();
    const crashes: unknown[] = [];
    const role: WarehouseRole = createWarehouseRole({
      env: { ...env, ...given },
      config: { prefix, topics },
      logger: pino({ level: process.env['WAREHOUSE_TEST_LOG'] ?? 'silent' }),
      metrics,
      kafka,
      createReader: () => createPartitionReader({ kafka }),
      registry,
      onCrash: (error) => crashes.push(error),
    });
    await role.start();
    const metric = async (metricName: string): Promise<number> => {
      const values = (await metrics.getSingleMetric(metricName)?.get())?.values ?? [];
      return values.reduce((sum, { value }) => sum + value, 0);
    };
    return { ...role, crashes, metric, metrics };
  };

  return {
    ...servers,
    prefix,
    database,
    topics,
    kafka,
    admin,
    registry,
    clickhouse,
    address,
    encoders,
    send,
    sendMany,
    sendRaw,
    setOffset,
    env,
    query,
    one,
    startRole,
    group: warehouseGroup(prefix),
    sendOutcome: async (value: MessageOutcome) =>
      send(topics.outcomes, value.profile_id, encoders.outcome(value)),
    sendChange: async (value: ScoreChange) =>
      send(topics.scoreChanges, value.profile_id, encoders.change(value)),
    sendProfile: async (value: Profile) =>
      send(topics.profiles, value.profile_id, encoders.profile(value)),
    sendDeadLetter: async (key: string, facts: DeadLetterFacts) =>
      send(topics.deadLetters, key, Buffer.from('sealed'), deadLetterHeaders(facts)),
    /** Everything the group has committed, summed over partitions. */
    committed: async (topic: string): Promise<number> => {
      const [answer] = await admin.fetchOffsets({
        groupId: warehouseGroup(prefix),
        topics: [topic],
      });
      return (answer?.partitions ?? []).reduce((sum, part) => sum + Math.max(0, +part.offset), 0);
    },
    close: async () => {
      await clickhouse.command(`DROP DATABASE IF EXISTS ${database}`);
      await clickhouse.close();
      await producer.disconnect();
      await admin.deleteTopics({ topics: specs.map((spec) => spec.name) });
      await admin.disconnect();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
