import { OperationError } from '@landed/schemas/fate';
import type { Fetched, PartitionReader } from '../log/partition-reader.ts';

/** What a task gets when it asks for its next records. */
export type Fed = Fetched;

/** The raw topic, read for all tasks of this process together. */
export interface RawFeed {
  /**
   * Records of a partition from an offset on. Answers with none when none came within the poll, so
   * that the task may look at its timers. One question per partition at a time.
   */
  readonly next: (partition: number, offset: bigint) => Promise<Fed>;
  readonly close: () => Promise<void>;
}

export type RawFeedDeps = {
  readonly reader: Pick<PartitionReader, 'fetch' | 'close'>;
  readonly topic: string;
  /** Tasks that read: those that ask now, and those that work and soon will. */
  readonly tasks: () => number;
};

/** While everybody waits the broker may take its time. */
const IDLE_WAIT_MS = 100;
/** While some work, they will soon ask again and should not wait for the others' poll. */
const BUSY_WAIT_MS = 30;
const PARTITION_BYTES_MAX = 1024 * 1024;

type Question = {
  readonly offset: bigint;
  readonly resolve: (fed: Fed) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * One loop asks the brokers for all waiting partitions at once. The next request goes out while the
 * records of the last are worked on.
 */
export function createRawFeed(deps: RawFeedDeps): RawFeed {
  const { reader, topic } = deps;
  const questions = new Map<number, Question>();
  let isClosed = false;
  let wake: () => void = () => undefined;

  const poll = async (): Promise<void> => {
    const asked = new Map(questions);
    const positions = [...asked].map(([partition, { offset }]) => ({ topic, partition, offset }));
    const maxWaitMs = asked.size >= deps.tasks() ? IDLE_WAIT_MS : BUSY_WAIT_MS;
    try {
      const options = { positions, maxWaitMs, partitionBytesMax: PARTITION_BYTES_MAX };
      for (const fed of await reader.fetch(options)) {
        questions.delete(fed.partition);
        asked.get(fed.partition)?.resolve(fed);
      }
    } catch (error) {
      for (const [partition, question] of asked) {
        questions.delete(partition);
        question.reject(error);
      }
    }
  };

  const run = async (): Promise<void> => {
    while (!isClosed) {
      if (questions.size > 0) await poll();
      else await new Promise<void>((resolve) => void (wake = resolve));
    }
  };
  const ended = run();

  return {
    next: async (partition, offset) =>
      new Promise((resolve, reject) => {
        if (isClosed) {
          reject(new OperationError('the feed is closed', { retriable: true }));
          return;
        }
        questions.set(partition, { offset, resolve, reject });
        wake();
      }),
    close: async () => {
      isClosed = true;
      wake();
      await reader.close();
      await ended;
    },
  };
}
