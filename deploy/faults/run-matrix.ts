import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { waitUntil } from '../local/stack/wait-until.ts';
import { createPartitionReader } from '@landed/processor-service/log/partition-reader';
import type { PartitionReader } from '@landed/processor-service/log/partition-reader';
import { scoreGroup } from '@landed/processor-service/task/score-role';
import { openTaskCodec } from '@landed/processor-service/task/state-codec';
import type { TaskCodec } from '@landed/processor-service/task/state-codec';
import { createAddressHasher } from '@landed/schemas/address-hash';
import { kafkaOptions } from '@landed/schemas/kafka';
import { createRegistry } from '@landed/schemas/registry';
import { createSealer } from '@landed/schemas/seal';
import type { Sealer } from '@landed/schemas/seal';
import { applyTopics } from '@landed/schemas/topic-admin';
import { topicSpecs } from '@landed/schemas/topics';
import type { TopicNames } from '@landed/schemas/topics';
import { topicNames } from '@landed/schemas/topics';
import type { Stack } from '../local/stack/stack.ts';
import type { Random } from '../traffic/random.ts';
import { compareBags, valueTexts, lastByKey, profileTexts, recordTexts } from './compare.ts';
import type { Comparison } from './compare.ts';
import { planKills } from './kill-plan.ts';
import type { PlannedKill } from './kill-plan.ts';
import { readPublished, runOracle } from './oracle.ts';
import { createProcessors } from './processors.ts';
import type { Processors } from './processors.ts';
import { awaitProgress, readCommitted } from './progress.ts';
import type { ProgressDeps } from './progress.ts';
import { createRawEvents } from './raw-events.ts';
import { writeRaw } from './raw-writer.ts';
import { readStores } from './stores-on-disk.ts';

export type MatrixOptions = {
  readonly events: number;
  readonly kills: number;
  readonly pauses: number;
  readonly processors: number;
  readonly rate: number;
  readonly dir: string;
  readonly stack: Stack;
  readonly random: Random;
  readonly say: (line: string) => void;
};

export type MatrixResult = {
  readonly comparisons: readonly Comparison[];
  readonly kills: ReadonlyMap<string, number>;
  readonly killCount: number;
  readonly rawRecords: number;
  readonly fates: ReadonlyMap<string, number>;
  /** Timers fired. */
  readonly timers: number;
};

const PARTITIONS = 12;
const DEAD_LETTER_PARTITIONS = 3;
const DRAIN_MS = 180_000;
const STALL_MS = 180_000;
/** Longer than the session of the group, which is 10 s: others take over. */
const PAUSE_MS = 15_000;
const EXTRA_ROUNDS_MAX = 100;

type World = {
  readonly kafka: Kafka;
  readonly reader: PartitionReader;
  readonly topics: TopicNames;
  readonly codec: TaskCodec;
  readonly sealer: Sealer;
  readonly hashAddress: (address: string) => string;
  readonly env: Readonly<Record<string, string>>;
  readonly progress: ProgressDeps;
};

async function buildWorld(stack: Stack): Promise<World> {
  const brokers = { KAFKA_BROKERS: [stack.kafkaBrokers], KAFKA_TLS: false };
  const options = kafkaOptions(brokers, 'landed-kill-matrix');
  const kafka = new Kafka({ ...options, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await applyTopics(admin, topicSpecs({ partitions: PARTITIONS, replication: 1 }));
  await admin.disconnect();
  const registry = createRegistry({ url: stack.registryUrl, timeoutMs: 15_000 });
  const ids = await registry.register();
  const hashKey = randomBytes(32).toString('hex');
  const sealKey = randomBytes(32);
  const hasher = createAddressHasher(Buffer.from(hashKey));
  const topics = topicNames();
  const reader = createPartitionReader({ kafka });
  return {
    kafka,
    reader,
    topics,
    codec: await openTaskCodec(ids, registry, hasher.fingerprint),
    sealer: createSealer([{ id: 'k1', key: sealKey }]),
    hashAddress: hasher.hash,
    env: {
      PATH: process.env['PATH'] ?? '',
      KAFKA_BROKERS: stack.kafkaBrokers,
      SCHEMA_REGISTRY_URL: stack.registryUrl,
      LANDED_SEAL_KEYS: `k1:${sealKey.toString('base64')}`,
      LANDED_HASH_KEY: hashKey,
      PROCESSOR_ROLES: 'score',
    },
    progress: {
      kafka,
      reader,
      groupId: scoreGroup(''),
      topic: topics.raw,
      partitions: PARTITIONS,
    },
  };
}

/** Carries out the kills from outside, each at its moment of progress. */
async function killAlong(
  options: MatrixOptions,
  world: World,
  processors: Processors,
  plan: readonly PlannedKill[],
  count: (what: string) => void,
): Promise<void> {
  let turn = 0;
  for (const kill of plan) {
    if (kill.target === 'failpoint') continue;
    const { done } = await awaitProgress(world.progress, (p) => p.done >= kill.atRecords, STALL_MS);
    options.say(`${done} records done: ${kill.target}`);
    count(kill.target);
    if (kill.target === 'processor') {
      processors.kill(turn++);
    } else if (kill.target === 'pause') {
      await processors.pause(turn++, PAUSE_MS);
    } else {
      options.stack.kill('kafka', 'SIGKILL');
      await options.stack.restart('kafka');
    }
  }
}

/**
 * Stops everything in order, again and again, until nothing is left unprocessed. Before that every
 * partition has an owner that is at work: what died last may have left its store behind the log.
 */
async function drain(world: World, processors: Processors): Promise<void> {
  for (;;) {
    await awaitProgress(world.progress, (p) => p.done === p.stored, DRAIN_MS);
    await waitUntil({
      what: 'an owner at work for every partition',
      isDone: async () => (await processors.partitionsRunning()) === PARTITIONS,
      deadlineMs: DRAIN_MS,
      everyMs: 200,
    });
    await processors.stop();
    const { done, stored } = await awaitProgress(world.progress, () => true, DRAIN_MS);
    if (done === stored) return;
    // A tick came in between: it is an input like all others.
    await processors.start();
  }
}

async function compareAll(
  world: World,
  stateDirs: readonly string[],
): Promise<Omit<MatrixResult, 'kills' | 'killCount'>> {
  const { reader, topics, codec, sealer } = world;
  const oracle = await runOracle({
    ...world,
    partitions: PARTITIONS,
    deadLetterPartitions: DEAD_LETTER_PARTITIONS,
  });
  const wanted = (topic: string) => oracle.published.get(topic) ?? [];
  const found = async (topic: string, partitions = PARTITIONS) =>
    readPublished(reader, topic, partitions);
  const whole = async (what: string, topic: string, partitions = PARTITIONS) =>
    compareBags(what, recordTexts(wanted(topic)), recordTexts(await found(topic, partitions)));
  const profiles = lastByKey(await found(topics.profiles));
  await codec.readProfile.prepare(profiles.values());
  const profilesWanted = lastByKey(wanted(topics.profiles));
  await codec.readProfile.prepare(profilesWanted.values());
  const deliveries = lastByKey(await found(topics.deliveries));
  const committed = await readCommitted(world.progress);
  const stores = await readStores({ stateDirs, rawTopic: topics.raw, committed });
  return {
    rawRecords: oracle.rawRecords,
    fates: oracle.fates,
    timers: oracle.timers,
    comparisons: [
      await whole('outcomes', topics.outcomes),
      await whole('score changes', topics.scoreChanges),
      await whole('dead letters', topics.deadLetters, DEAD_LETTER_PARTITIONS),
      compareBags(
        'profiles, last state',
        profileTexts(profilesWanted, codec, sealer),
        profileTexts(profiles, codec, sealer),
      ),
      compareBags(
        'deliveries, last state',
        valueTexts(lastByKey(wanted(topics.deliveries))),
        valueTexts(deliveries),
      ),
      compareBags('stores on disk', [...valueTexts(profiles), ...valueTexts(deliveries)], stores),
    ],
  };
}

/** One run: write, process, kill, drain, compare. */
export async function runMatrix(options: MatrixOptions): Promise<MatrixResult> {
  const { events, random, dir, say } = options;
  const world = await buildWorld(options.stack);
  const plan = planKills(random, options, events);
  const kills = new Map<string, number>();
  const count = (what: string): void => void kills.set(what, (kills.get(what) ?? 0) + 1);
  const logDir = join(dir, 'log');
  mkdirSync(logDir, { recursive: true });
  const processors = await createProcessors({
    dir: join(dir, 'processors'),
    logDir,
    env: world.env,
    count: options.processors,
    failpoints: plan.filter((kill) => kill.target === 'failpoint'),
    onDeath: (name, code, failpoint) => {
      if (failpoint !== null) count(`at ${failpoint.step}`);
      say(`${name} died (${code})${failpoint ? ` at ${failpoint.step}:${failpoint.count}` : ''}`);
    },
  });
  const make = createRawEvents({
    random,
    partitions: PARTITIONS,
    hashAddress: world.hashAddress,
    seal: world.sealer.seal,
    encode: world.codec.writeRaw,
    now: Date.now,
  });
  await processors.start();
  const { kafka, topics } = world;
  const writing = writeRaw({ kafka, topic: topics.raw, make, events, perSecond: options.rate });
  await Promise.all([writing, killAlong(options, world, processors, plan, count)]);
  // A failpoint that was not reached yet gets more to work on: every planned kill must happen.
  for (let round = 0; processors.failpointsLeft() > 0 && round < EXTRA_ROUNDS_MAX; round++) {
    await writeRaw({ kafka, topic: topics.raw, make, events: 100, perSecond: options.rate });
    await awaitProgress(world.progress, (p) => p.done === p.stored, DRAIN_MS);
  }
  say('everything is written; draining');
  await drain(world, processors);
  say('drained; comparing');
  const compared = await compareAll(world, processors.stateDirs);
  await world.reader.close();
  const isKill = (what: string): boolean => what !== 'pause';
  const counts = [...kills].filter(([what]) => isKill(what)).map(([, one]) => one);
  const killCount = counts.reduce((sum, one) => sum + one, 0);
  return { ...compared, kills, killCount };
}
