import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { Admin } from 'kafkajs';
import { OperationError } from './fate.ts';
import { coPartitionedTopics } from './topics.ts';
import type { TopicSpec } from './topics.ts';

// Node does not see this name among the exports of the CommonJS module, so it is taken from the whole.
const { ConfigResourceTypes } = kafkajs;

/** One difference between the contract and the cluster. */
export type Drift = {
  readonly topic: string;
  /** `missing`, `partitions`, `replication` or the name of a topic setting. */
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
};

async function existingPartitions(
  admin: Admin,
  specs: readonly TopicSpec[],
): Promise<Map<string, { partitions: number; replication: number }>> {
  const wanted = new Set(specs.map((spec) => spec.name));
  const topics = (await admin.listTopics()).filter((name) => wanted.has(name));
  if (topics.length === 0) return new Map();
  const metadata = await admin.fetchTopicMetadata({ topics });
  return new Map(
    metadata.topics.map((topic) => [
      topic.name,
      {
        partitions: topic.partitions.length,
        replication: topic.partitions[0]?.replicas.length ?? 0,
      },
    ]),
  );
}

async function settingDrift(admin: Admin, specs: readonly TopicSpec[]): Promise<Drift[]> {
  if (specs.length === 0) return [];
  const described = await admin.describeConfigs({
    includeSynonyms: false,
    resources: specs.map((spec) => ({
      type: ConfigResourceTypes.TOPIC,
      name: spec.name,
      configNames: Object.keys(spec.config),
    })),
  });
  const drift: Drift[] = [];
  for (const resource of described.resources) {
    const spec = specs.find((candidate) => candidate.name === resource.resourceName);
    for (const [what, wanted] of Object.entries(spec?.config ?? {})) {
      const found = resource.configEntries.find((entry) => entry.configName === what)?.configValue;
      const same = (found ?? '').split(',').sort().join() === wanted.split(',').sort().join();
      if (!same) drift.push({ topic: resource.resourceName, what, wanted, found: found ?? 'none' });
    }
  }
  return drift;
}

/** Compares the cluster with the topic table. An empty list: all is as the contract says. */
export async function topicDrift(admin: Admin, specs: readonly TopicSpec[]): Promise<Drift[]> {
  const existing = await existingPartitions(admin, specs);
  const drift: Drift[] = [];
  for (const spec of specs) {
    const found = existing.get(spec.name);
    if (!found) {
      drift.push({ topic: spec.name, what: 'missing', wanted: 'a topic', found: 'none' });
      continue;
    }
    const compare = (what: string, wanted: number, is: number): void => {
      if (wanted !== is) {
        drift.push({ topic: spec.name, what, wanted: String(wanted), found: String(is) });
      }
    };
    compare('partitions', spec.partitions, found.partitions);
    compare('replication', spec.replication, found.replication);
  }
  return [
    ...drift,
    ...(await settingDrift(
      admin,
      specs.filter((spec) => existing.has(spec.name)),
    )),
  ];
}

const READY_MS = 15_000;
const LOOK_MS = 50;

async function haveLeaders(admin: Admin, specs: readonly TopicSpec[]): Promise<boolean> {
  const { topics } = await admin.fetchTopicMetadata({ topics: specs.map((spec) => spec.name) });
  return specs.every((spec) => {
    const partitions = topics.find((topic) => topic.name === spec.name)?.partitions ?? [];
    const led = partitions.filter((partition) => partition.leader >= 0);
    return led.length === spec.partitions;
  });
}

/** Waits until fresh topics can be used: brokers learn of them one after the other. */
async function awaitLeaders(admin: Admin, specs: readonly TopicSpec[]): Promise<void> {
  const deadline = performance.now() + READY_MS;
  let cause: unknown;
  while (performance.now() < deadline) {
    try {
      if (await haveLeaders(admin, specs)) return;
    } catch (error) {
      // Not known to this broker yet. What lasts is told when the time is up.
      cause = error;
    }
    await sleep(LOOK_MS);
  }
  throw new OperationError('new topics have no leaders yet', { retriable: true, cause });
}

/** A broker learns of new settings a little after the controller took them. */
async function awaitSettings(admin: Admin, specs: readonly TopicSpec[]): Promise<void> {
  const endsAt = performance.now() + READY_MS;
  const isSet = async (): Promise<boolean> => (await settingDrift(admin, specs)).length === 0;
  // What has not come by then is drift, and told as such.
  while (!(await isSet()) && performance.now() < endsAt) await sleep(LOOK_MS);
}

/**
 * Creates what is missing and sets topic settings as the table says. Partition counts are never
 * changed: that would move keys away from their state. What is left is returned as drift.
 */
export async function applyTopics(admin: Admin, specs: readonly TopicSpec[]): Promise<Drift[]> {
  const before = await topicDrift(admin, specs);
  const missing = specs.filter((spec) =>
    before.some((drift) => drift.topic === spec.name && drift.what === 'missing'),
  );
  if (missing.length > 0) {
    await admin.createTopics({
      // kafkajs's own wait gives up at once when a broker does not know a topic yet.
      waitForLeaders: false,
      timeout: READY_MS,
      topics: missing.map((spec) => ({
        topic: spec.name,
        numPartitions: spec.partitions,
        replicationFactor: spec.replication,
        configEntries: Object.entries(spec.config).map(([name, value]) => ({ name, value })),
      })),
    });
    await awaitLeaders(admin, missing);
  }
  const drifted = specs.filter((spec) =>
    before.some((drift) => drift.topic === spec.name && drift.what in spec.config),
  );
  if (drifted.length > 0) {
    await admin.alterConfigs({
      validateOnly: false,
      resources: drifted.map((spec) => ({
        type: ConfigResourceTypes.TOPIC,
        name: spec.name,
        configEntries: Object.entries(spec.config).map(([name, value]) => ({ name, value })),
      })),
    });
    await awaitSettings(admin, drifted);
  }
  return topicDrift(admin, specs);
}

/**
 * Refuses a cluster whose partition counts differ from each other or from the contract: a person's
 * records would not meet. Services call it at start.
 *
 * @throws OperationError, retriable while topics are missing, not retriable when counts differ
 */
export async function assertCoPartitioned(
  admin: Admin,
  specs: readonly TopicSpec[],
): Promise<void> {
  const existing = await existingPartitions(admin, specs);
  const missing = specs.filter((spec) => !existing.has(spec.name)).map((spec) => spec.name);
  if (missing.length > 0) {
    throw new OperationError(`topics are missing: ${missing.join(', ')}`, { retriable: true });
  }
  const wrong = coPartitionedTopics(specs).filter(
    (spec) => existing.get(spec.name)?.partitions !== spec.partitions,
  );
  if (wrong.length > 0) {
    const told = wrong.map(
      (spec) =>
        `${spec.name} has ${existing.get(spec.name)?.partitions ?? 0}, not ${spec.partitions}`,
    );
    throw new OperationError(`partition counts differ from the contract: ${told.join('; ')}`, {
      retriable: false,
    });
  }
}
