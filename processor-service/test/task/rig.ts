import { pino } from 'pino';
import { topicNames } from '@landed/schemas/topics';
import { createMetrics } from '../../src/metrics.ts';
import type { Metrics } from '../../src/metrics.ts';
import { checkpoint } from '../../src/task/checkpoint.ts';
import type { CheckpointStep } from '../../src/task/checkpoint.ts';
import { createRawDecoder } from '../../src/task/decode.ts';
import type { RawDecoderDeps } from '../../src/task/decode.ts';
import { createPipeline } from '../../src/task/pipeline.ts';
import type { Pipeline, TurnLimits } from '../../src/task/pipeline.ts';
import { restore } from '../../src/task/restore.ts';
import { createMemoryStore } from '../../src/task/store/memory-store.ts';
import type { StateFolder } from '../../src/task/store/state-folder.ts';
import type { Store } from '../../src/task/store/store.ts';
import { createTask } from '../../src/task/task.ts';
import type { Task, TaskDeps } from '../../src/task/task.ts';
import { createModelLog, pagesOf } from './model-log.ts';
import type { ModelLog } from './model-log.ts';
import { createSealer } from '@landed/schemas/seal';
import { codec, hasher, sealer } from './raw-records.ts';

/* A task of the real code over the model log: only the cluster and the disk are models. */

export const topics = topicNames();
const LIMITS: TurnLimits = { recordsMax: 5, timersMax: 3, outputBytesMax: 1024 * 1024 };
const quiet = pino({ level: 'silent' });
/** Seals the same address to the same bytes, so that runs compare; sealing itself is random. */
const plain = createSealer([]);

/** A disk that survives the process. */
export type Disk = {
  store: Store;
  readonly openFolder: (discard?: string) => Promise<StateFolder>;
};

export function createDisk(): Disk {
  const disk: Disk = {
    store: createMemoryStore(),
    openFolder: async (discard) => {
      if (discard !== undefined) disk.store = createMemoryStore();
      const close = async (): Promise<void> => Promise.resolve();
      return Promise.resolve({ store: disk.store, discarded: discard ?? null, close });
    },
  };
  return disk;
}

export function pipelineOf(
  store: Store,
  more: { readonly limits?: TurnLimits; readonly decoder?: Partial<RawDecoderDeps> } = {},
): Pipeline {
  const decoder = createRawDecoder({
    decoder: codec.readRaw,
    sealer,
    partition: 0,
    partitions: 1,
    ...more.decoder,
  });
  return createPipeline({
    store,
    codec,
    topics,
    deadLetters: {
      topic: topics.deadLetters,
      partitions: 1,
      rawTopic: topics.raw,
      rawPartition: 0,
    },
    partition: 0,
    scoreStep: 5,
    decoder,
    sealer: plain,
    hashAddress: hasher.hash,
    limits: more.limits ?? LIMITS,
    onCoreError: () => undefined,
  });
}

export type RigOptions = {
  readonly log?: ModelLog;
  readonly disk?: Disk;
  /** Called at each step of a checkpoint; what it does not answer is a crash. */
  readonly reached?: (step: CheckpointStep) => Promise<void>;
  readonly decoder?: Partial<RawDecoderDeps>;
  readonly fetchMax?: number;
  readonly limits?: TurnLimits;
  readonly now?: () => number;
  readonly onTick?: () => void;
};

export type Rig = {
  readonly log: ModelLog;
  readonly disk: Disk;
  readonly task: Task;
  readonly metrics: Metrics;
  /** What `onFatal` and `onFenced` were told. */
  readonly ends: unknown[];
};

export function createRig(options: RigOptions = {}): Rig {
  const log = options.log ?? createModelLog(topics.raw);
  const disk = options.disk ?? createDisk();
  const metrics = createMetrics();
  const ends: unknown[] = [];
  const reader: Parameters<typeof restore>[0]['reader'] = {
    bounds: async (topic) => Promise.resolve(new Map([[0, log.bounds(topic)]])),
    read: ({ topic, from, to }) => pagesOf(log, topic, from, to ?? 0n),
  };
  const commit: TaskDeps['commit'] = async (producer, store, turn) =>
    checkpoint(
      {
        producer,
        store,
        topics,
        stateSchemaIds: codec.stateSchemaIds,
        assertFreeSpace: () => undefined,
        observe: metrics.checkpointStep,
        now: () => 1,
        reached: options.reached ?? (async () => Promise.resolve()),
      },
      turn,
    );
  const task = createTask({
    partition: 0,
    openProducer: log.openProducer,
    restore: async () =>
      restore({
        partition: 0,
        topics,
        reader,
        readPosition: async () => Promise.resolve(log.position()),
        openFolder: disk.openFolder,
        profiles: codec.readProfile,
        deliveries: codec.readDelivery,
        hashKey: codec.hashKey,
        assertFreeSpace: () => undefined,
        now: () => 1,
        logger: quiet,
      }),
    feed: {
      // A turn of the event loop between polls, as a network would give.
      next: async (_partition, offset) =>
        new Promise((resolve) => {
          setImmediate(() => resolve(log.fetchRaw(offset, options.fetchMax ?? 7)));
        }),
    },
    createPipeline: (store) =>
      pipelineOf(store, {
        limits: options.limits ?? LIMITS,
        ...(options.decoder === undefined ? {} : { decoder: options.decoder }),
      }),
    commit,
    commitPaceMs: 0,
    requestTick: () => options.onTick?.(),
    metrics,
    logger: quiet,
    now: options.now ?? (() => 0),
    onFenced: () => void ends.push('fenced'),
    onFatal: (error) => void ends.push(error),
  });
  return { log, disk, task, metrics, ends };
}

/** Waits until something holds, or fails with what did not. */
export async function until(what: string, holds: () => boolean, ms = 10_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not in ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** True when the whole raw log is processed. */
export const isThrough = (log: ModelLog): boolean =>
  log.position()?.nextOffset === BigInt(log.raw.length);

/** Everything a run has published and kept, in a form that compares. */
export function results(rig: Pick<Rig, 'log' | 'disk'>) {
  const text = (topic: string): string[] =>
    rig.log
      .committed(topic)
      .map(({ key, value }) => `${String(key)} ${value?.toString('hex') ?? ''}`);
  const last = (topic: string): Map<string, string | null> =>
    new Map(
      rig.log
        .committed(topic)
        .map(({ key, value }) => [String(key), value?.toString('hex') ?? null]),
    );
  const present = (entries: Map<string, string | null>): [string, string | null][] =>
    [...entries].filter(([, value]) => value !== null).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    outcomes: text(topics.outcomes),
    scoreChanges: text(topics.scoreChanges),
    deadLetters: text(topics.deadLetters),
    profiles: present(last(topics.profiles)),
    deliveries: present(last(topics.deliveries)),
    store: [...rig.disk.store.dump()]
      .map(({ key, value }) => `${key} ${value.toString('hex')}`)
      .sort(),
    position: rig.log.position(),
  };
}
