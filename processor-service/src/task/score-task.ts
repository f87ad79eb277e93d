import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Metrics } from '../metrics.ts';
import { checkpoint } from './checkpoint.ts';
import { createRawDecoder } from './decode.ts';
import { createFailpoint } from './failpoint.ts';
import { createGate } from './gate.ts';
import { TURN_LIMITS, createPipeline } from './pipeline.ts';
import type { Pipeline } from './pipeline.ts';
import type { RawFeed } from './raw-feed.ts';
import { restore } from './restore.ts';
import type { RestoreDeps } from './restore.ts';
import type { ScoreClients } from './score-clients.ts';
import { assertFreeSpace } from './store/free-space.ts';
import { readBootId } from './store/owner-lock.ts';
import { openStateFolder } from './store/state-folder.ts';
import type { Store } from './store/store.ts';
import { createTask } from './task.ts';
import type { Task, TaskDeps } from './task.ts';
import type { OpenTaskProducer, ReadPosition } from './transaction.ts';
import type { Turn } from './turn.ts';

export type ScoreTaskDeps = {
  readonly config: Config;
  readonly clients: ScoreClients;
  readonly feed: RawFeed;
  readonly openProducer: OpenTaskProducer;
  readonly readPosition: ReadPosition;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly onFenced: (partition: number) => void;
  readonly onFatal: (error: unknown) => void;
};

/** Beyond 4 the brokers answer no more transactions a second, only later each. */
const COMMITTING_MAX = 4;
const RESTORING_MAX = 3;
/** The share of the tombstones' retention after which a checkpoint is no longer trusted. */
const CHECKPOINT_AGE_SHARE = 0.7;

function ageMaxMsOf(config: Config): number {
  const spec = config.topicSpecs.find(({ key }) => key === 'profiles');
  return Number(spec?.config['delete.retention.ms'] ?? 0) * CHECKPOINT_AGE_SHARE;
}

function pipelineOf(deps: ScoreTaskDeps, partition: number, store: Store): Pipeline {
  const { config, clients, metrics, logger } = deps;
  const { codec, sealer, hasher } = clients;
  const decoder = createRawDecoder({
    decoder: codec.readRaw,
    sealer,
    partition,
    partitions: config.partitions,
  });
  return createPipeline({
    store,
    codec,
    topics: config.topics,
    deadLetters: {
      topic: config.topics.deadLetters,
      partitions: clients.deadLetterPartitions,
      rawTopic: config.topics.raw,
      rawPartition: partition,
    },
    partition,
    scoreStep: config.scoreStep,
    decoder,
    sealer,
    hashAddress: hasher.hash,
    limits: TURN_LIMITS,
    onCoreError: (error, { offset }) => {
      metrics.coreError();
      logger.error({ err: error, partition, offset: offset.toString() }, 'exception in the core');
    },
  });
}

function countTurn(metrics: Metrics, turn: Turn, now: number): void {
  for (const [label, count] of turn.tally.records) {
    const [outcome = '', reason = ''] = label.split('/');
    metrics.records(outcome, reason, count);
  }
  metrics.scoreChanges(turn.tally.scoreChanges);
  metrics.timers(turn.tally.timers);
  for (const [label, count] of turn.tally.failures) {
    const [provider = '', cls = ''] = label.split('/');
    metrics.failures(provider, cls, count);
  }
  if (turn.consumed > 0) metrics.eventAge(now - turn.clock);
}

/** Opens the state folder of a partition, each time as the clock stands then. */
function folderOpener(deps: ScoreTaskDeps): (partition: number) => RestoreDeps['openFolder'] {
  const { config, clients } = deps;
  const bootId = readBootId();
  const checkpointAgeMaxMs = ageMaxMsOf(config);
  return (partition) => async (discard) =>
    openStateFolder({
      dir: join(config.stateDir, `${config.topics.raw}-${partition}`),
      identity: {
        clusterId: clients.clusterId,
        topic: config.topics.raw,
        partition,
        hashKey: clients.codec.hashKey,
      },
      bootId,
      now: Date.now(),
      checkpointAgeMaxMs,
      ...(discard === undefined ? {} : { discard }),
    });
}

/** Makes the tasks of the score role. What they share (gates, clients, metrics) is made once. */
export function createScoreTasks(deps: ScoreTaskDeps): (partition: number) => Task {
  const { config, clients, metrics, logger } = deps;
  const { codec, stateReader } = clients;
  const commitGate = createGate(COMMITTING_MAX);
  const restoreGate = createGate(RESTORING_MAX);
  const reached = createFailpoint(config.failpoint);
  const openFolder = folderOpener(deps);

  const assertRoom = (): void => assertFreeSpace(config.stateDir);

  const commit: TaskDeps['commit'] = async (producer, store, turn) => {
    await commitGate(async () =>
      checkpoint(
        {
          producer,
          store,
          topics: config.topics,
          stateSchemaIds: codec.stateSchemaIds,
          assertFreeSpace: assertRoom,
          observe: metrics.checkpointStep,
          now: Date.now,
          reached,
        },
        turn,
      ),
    );
    countTurn(metrics, turn, Date.now());
    logger.debug({ records: turn.consumed, outputs: turn.outputs.length }, 'checkpoint');
  };

  return (partition) =>
    createTask({
      partition,
      openProducer: deps.openProducer,
      restore: async () =>
        restoreGate(async () =>
          restore({
            partition,
            topics: config.topics,
            reader: stateReader,
            readPosition: deps.readPosition,
            openFolder: openFolder(partition),
            profiles: codec.readProfile,
            deliveries: codec.readDelivery,
            hashKey: codec.hashKey,
            assertFreeSpace: assertRoom,
            now: Date.now,
            logger,
          }),
        ),
      feed: deps.feed,
      createPipeline: (store) => pipelineOf(deps, partition, store),
      commit,
      commitPaceMs: config.commitPaceMs,
      requestTick: clients.ticks.request,
      metrics,
      logger,
      now: Date.now,
      onFenced: deps.onFenced,
      onFatal: deps.onFatal,
    });
}
