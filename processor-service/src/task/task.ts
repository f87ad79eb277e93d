import { OperationError } from '@landed/schemas/fate';
import { backOffMs, pause } from '../log/deadline.ts';
import type { Metrics, TaskState } from '../metrics.ts';
import { LostInputError } from './lost-input.ts';
import type { Pipeline } from './pipeline.ts';
import type { Restored } from './restore.ts';
import { runPartition } from './running.ts';
import type { Held, RunningDeps } from './running.ts';
import type { Store } from './store/store.ts';
import { FencedError } from './transaction.ts';
import type { OpenTaskProducer } from './transaction.ts';

/*
 * One raw partition, exactly once:
 *
 *   created -> fencing -> restoring -> running <-> committing -> closed
 *                 ^_______________ any error _______________|
 *
 * After an error nothing in memory is trusted: the producer is dropped, the next one fences it and
 * waits for what it left open, and everything is read again from the log.
 */

export type TaskDeps = Omit<RunningDeps, 'enter' | 'signal' | 'metrics'> & {
  readonly openProducer: OpenTaskProducer;
  readonly restore: (partition: number) => Promise<Restored>;
  readonly createPipeline: (store: Store) => Pipeline;
  readonly metrics: Pick<Metrics, 'lag' | 'waiting' | 'taskState' | 'taskFailure' | 'restored'>;
  /** Another owner has taken over: the group must be joined anew. */
  readonly onFenced: (partition: number) => void;
  /** What waiting does not mend: the process must end, and a person must look. */
  readonly onFatal: (error: unknown) => void;
};

export interface Task {
  readonly start: () => void;
  /** Finishes the transaction at hand, then lets producer and store go. */
  readonly close: () => Promise<void>;
  readonly state: () => TaskState;
}

const BACK_OFF_FIRST_MS = 20;
const BACK_OFF_MAX_MS = 10_000;
/** Errors we have no name for are tried again so often, in case they pass. */
const UNNAMED_FAILURES_MAX = 5;

/** Becomes the owner: fences the last one, brings the store up to date, learns where to go on. */
async function takeOver(deps: TaskDeps, enter: (state: TaskState) => void): Promise<Held> {
  const { partition, metrics } = deps;
  enter('fencing');
  const producer = await deps.openProducer(partition);
  try {
    enter('restoring');
    const begin = performance.now();
    const { folder, position, records } = await deps.restore(partition);
    const seconds = (performance.now() - begin) / 1_000;
    metrics.restored(seconds, records);
    deps.logger.info({ partition, records, seconds }, 'restored');
    return { producer, folder, position, pipeline: deps.createPipeline(folder.store) };
  } catch (error) {
    await producer.close();
    throw error;
  }
}

/** What becomes of a task after an error. */
function judge(error: unknown, failures: number): 'fenced' | 'outage' | 'retry' | 'fatal' {
  if (error instanceof FencedError) return 'fenced';
  if (error instanceof LostInputError) return 'fatal';
  if (error instanceof OperationError) return error.retriable ? 'outage' : 'fatal';
  return failures >= UNNAMED_FAILURES_MAX ? 'fatal' : 'retry';
}

/** Creates the task of one partition. It does nothing until it is started. */
export function createTask(deps: TaskDeps): Task {
  const { partition, metrics, logger } = deps;
  const closing = new AbortController();
  const { signal } = closing;
  let state: TaskState = 'created';
  let failures = 0;
  let ended: Promise<void> = Promise.resolve();

  const enter = (next: TaskState): void => {
    // Something was committed: the trouble before it is over.
    if (state === 'committing' && next === 'running') failures = 0;
    state = next;
    metrics.taskState(partition, next);
  };

  const live = async (): Promise<void> => {
    const held = await takeOver(deps, enter);
    try {
      await runPartition({ ...deps, enter, signal }, held);
    } finally {
      await held.producer.close();
      await held.folder.close();
    }
  };

  const survives = async (error: unknown): Promise<boolean> => {
    const verdict = judge(error, ++failures);
    metrics.taskFailure(verdict);
    if (verdict === 'fenced') {
      logger.warn({ partition }, 'another owner has taken over the partition');
      deps.onFenced(partition);
      return false;
    }
    if (verdict === 'fatal') {
      deps.onFatal(error);
      return false;
    }
    logger.warn({ err: error, partition, failures }, 'the task begins anew from the log');
    await pause(backOffMs(failures - 1, BACK_OFF_FIRST_MS, BACK_OFF_MAX_MS), signal);
    return true;
  };

  const isClosing = (): boolean => signal.aborted;
  const main = async (): Promise<void> => {
    while (!isClosing()) {
      try {
        await live();
      } catch (error) {
        // What was begun is aborted by the next owner: nothing is lost with it.
        if (isClosing()) logger.warn({ err: error, partition }, 'the task did not end in order');
        else if (!(await survives(error))) break;
      }
    }
    enter('closed');
  };

  return {
    start: () => void (ended = main()),
    close: async () => {
      closing.abort();
      await ended;
      enter('closed');
    },
    state: () => state,
  };
}
