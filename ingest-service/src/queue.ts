import { cutBatch } from './batch.ts';
import type { BatchLimits, Draft } from './batch.ts';

/** One record waiting or on its way, and who waits for it. */
export type Entry<Fate> = {
  readonly record: Draft;
  readonly bytes: number;
  /** `performance.now()` time. */
  readonly deadlineAt: number;
  /** Null once settled: the request is answered, the record may still be on its way. */
  settle: ((fate: Fate) => void) | null;
};

/**
 * The records of one batcher: those waiting in order, and the count of all that are not done yet
 * (waiting or on their way), which is what the bounds are about.
 */
export type Queue<Fate> = {
  readonly add: (entry: Entry<Fate>) => void;
  /** Takes the next batch from the front; its records stay pending until `done`. */
  readonly take: (limits: BatchLimits) => readonly Entry<Fate>[];
  readonly done: (entries: readonly Entry<Fate>[]) => void;
  /** Puts those back to the front that somebody still waits for; the others are done. */
  readonly putBack: (entries: readonly Entry<Fate>[]) => void;
  /** Settles and forgets the waiting ones that `isGone` names. */
  readonly giveUp: (fate: Fate, isGone: (entry: Entry<Fate>) => boolean) => void;
  readonly waiting: () => { readonly records: number; readonly bytes: number };
  readonly pending: () => { readonly records: number; readonly bytes: number };
  /** Resolves once nothing is pending, or after `timeoutMs`. */
  readonly whenIdle: (timeoutMs: number) => Promise<void>;
  /** Earliest deadline among the waiting, or Infinity. */
  readonly nextDeadline: () => number;
};

export function settle<Fate>(entry: Entry<Fate>, fate: Fate): void {
  entry.settle?.(fate);
  entry.settle = null;
}

const bytesOf = (entries: readonly { readonly bytes: number }[]): number =>
  entries.reduce((sum, entry) => sum + entry.bytes, 0);

export function earliestDeadline<Fate>(entries: readonly Entry<Fate>[]): number {
  return entries.reduce(
    (earliest, entry) => (entry.settle === null ? earliest : Math.min(earliest, entry.deadlineAt)),
    Infinity,
  );
}

export function createQueue<Fate>(): Queue<Fate> {
  let waiting: Entry<Fate>[] = [];
  let waitingBytes = 0;
  let pendingRecords = 0;
  let pendingBytes = 0;
  let tellIdle = (): void => undefined;

  const replace = (entries: Entry<Fate>[]): void => {
    waiting = entries;
    waitingBytes = bytesOf(entries);
  };

  const done = (entries: readonly Entry<Fate>[]): void => {
    pendingRecords -= entries.length;
    pendingBytes -= bytesOf(entries);
    if (pendingRecords === 0) tellIdle();
  };

  return {
    add: (entry) => {
      waiting.push(entry);
      waitingBytes += entry.bytes;
      pendingRecords += 1;
      pendingBytes += entry.bytes;
    },
    take: (limits) => {
      const { batch, rest } = cutBatch(waiting, limits);
      replace([...rest]);
      return batch;
    },
    done,
    putBack: (entries) => {
      replace([...entries.filter((entry) => entry.settle !== null), ...waiting]);
      done(entries.filter((entry) => entry.settle === null));
    },
    giveUp: (fate, isGone) => {
      const gone = waiting.filter(isGone);
      if (gone.length === 0) return;
      replace(waiting.filter((entry) => !isGone(entry)));
      for (const entry of gone) settle(entry, fate);
      done(gone);
    },
    waiting: () => ({ records: waiting.length, bytes: waitingBytes }),
    pending: () => ({ records: pendingRecords, bytes: pendingBytes }),
    whenIdle: async (timeoutMs) => {
      if (pendingRecords === 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        tellIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    nextDeadline: () => earliestDeadline(waiting),
  };
}
