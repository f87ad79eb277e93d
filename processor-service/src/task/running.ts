import type { OperationError } from '@landed/schemas/fate';
import type { Logger } from 'pino';
import { backOffMs, pause } from '../log/deadline.ts';
import type { LogRecord } from '../log/partition-reader.ts';
import type { Metrics, TaskState } from '../metrics.ts';
import { LostInputError } from './lost-input.ts';
import type { Pipeline } from './pipeline.ts';
import type { Fed, RawFeed } from './raw-feed.ts';
import type { StateFolder } from './store/state-folder.ts';
import type { Store } from './store/store.ts';
import type { InputPosition, TaskProducer } from './transaction.ts';
import type { Turn } from './turn.ts';

/** What a task holds from its fencing to its end. */
export type Held = {
  readonly producer: TaskProducer;
  readonly folder: StateFolder;
  readonly pipeline: Pipeline;
  readonly position: InputPosition;
};

export type RunningDeps = {
  readonly partition: number;
  readonly feed: Pick<RawFeed, 'next'>;
  /** Commits a turn, within the limit of how many partitions commit at a time. */
  readonly commit: (producer: TaskProducer, store: Store, turn: Turn) => Promise<void>;
  /** Pause between two commits of a partition that has caught up, ms. 0: none. */
  readonly commitPaceMs: number;
  readonly requestTick: (partition: number) => void;
  readonly metrics: Pick<Metrics, 'lag' | 'waiting'>;
  readonly logger: Logger;
  /** Wall time, ms. */
  readonly now: () => number;
  readonly enter: (state: TaskState) => void;
  /** Ends the run between two turns. */
  readonly signal: AbortSignal;
};

const OUTAGE_FIRST_MS = 500;
const OUTAGE_MAX_MS = 15_000;
const OUTAGE_LOG_EVERY = 8;

/** Waits a while for what the next record needs. The partition stands still, nothing is skipped. */
async function waitFor(deps: RunningDeps, outage: OperationError, attempt: number): Promise<void> {
  const { partition, metrics, logger, enter } = deps;
  enter('waiting');
  metrics.waiting(partition, true);
  // It needs a person, who needs no flood of lines.
  if (attempt % OUTAGE_LOG_EVERY === 0) {
    logger.error({ err: outage }, 'the partition waits, nothing is skipped');
  }
  await pause(backOffMs(attempt, OUTAGE_FIRST_MS, OUTAGE_MAX_MS), deps.signal);
  enter('running');
}

/** Works through records turn by turn; answers where it stands, and whether all are done with. */
async function workThrough(
  deps: RunningDeps,
  held: Held,
  from: InputPosition,
  records: readonly LogRecord[],
): Promise<{ readonly position: InputPosition; readonly isDone: boolean }> {
  let rest = records;
  let position = from;
  let attempt = 0;
  while (rest.length > 0) {
    if (deps.signal.aborted) return { position, isDone: false };
    const turn = await held.pipeline.run(rest, position.clock);
    if (turn.consumed > 0 || turn.outputs.length > 0) {
      deps.enter('committing');
      await deps.commit(held.producer, held.folder.store, turn);
      deps.enter('running');
      position = { nextOffset: turn.nextOffset, clock: turn.clock };
      attempt = 0;
    }
    rest = rest.slice(turn.consumed);
    if (turn.outage === null) deps.metrics.waiting(deps.partition, false);
    else await waitFor(deps, turn.outage, attempt++);
  }
  return { position, isDone: true };
}

type Records = Extract<Fed, { kind: 'records' }>;

const behindOf = (fed: Records): bigint => fed.bounds.lastStableOffset - fed.nextOffset;

/** A task that has caught up and has timers due makes time pass in its log. */
function considerTick(deps: RunningDeps, store: Store, fed: Records): void {
  const behind = behindOf(fed);
  deps.metrics.lag(deps.partition, Math.max(0, Number(behind)));
  if (behind > 0n) return;
  const first = store.firstTimer();
  if (first !== null && first.at <= deps.now()) deps.requestTick(deps.partition);
}

/**
 * Processes a partition from its position on, until it is told to end.
 *
 * @throws whatever went wrong; the producer must not be used again then
 */
export async function runPartition(deps: RunningDeps, held: Held): Promise<void> {
  const { partition, signal } = deps;
  let position = held.position;
  deps.enter('running');
  while (!signal.aborted) {
    const fed = await deps.feed.next(partition, position.nextOffset);
    if (fed.kind === 'out_of_range') {
      throw new LostInputError(partition, position.nextOffset, fed.bounds.earliest);
    }
    if (fed.kind === 'unavailable') continue;
    const worked = await workThrough(deps, held, position, fed.records);
    if (!worked.isDone) return;
    position = { clock: worked.position.clock, nextOffset: fed.nextOffset };
    considerTick(deps, held.folder.store, fed);
    // Without the pause each event of a light stream would get a transaction of its own, and the
    // brokers be busy with those. Behind a backlog nothing waits; nor does what follows a quiet while.
    if (fed.records.length > 0 && behindOf(fed) <= 0n) await pause(deps.commitPaceMs, signal);
  }
}
