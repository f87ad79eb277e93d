import type { Consumer, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { OperationError } from '@landed/schemas/fate';
import { consumerOptions } from '@landed/schemas/kafka';
import { backOffMs, pause, within } from '../log/deadline.ts';
import type { Position } from '../log/partition-reader.ts';
import type { Assignment, GroupPositions } from './group-positions.ts';

/** One generation of the group, as far as it concerns us. */
export type Session = {
  /** Where to begin in every partition that was assigned. */
  readonly positions: readonly Position[];
  /** Aborted when the assignment is over. */
  readonly signal: AbortSignal;
  /** Says how far rows are written. Rejects with a retriable OperationError. */
  readonly commit: (positions: readonly Position[]) => Promise<void>;
};

export type Membership = {
  /**
   * Sessions, one after the other: asking for the next one ends the last. It begins where the group
   * stands, under the same assignment or, once the group was re-formed, the new one. Ends after `leave`.
   */
  readonly sessions: () => AsyncGenerator<Session, void, void>;
  readonly leave: () => Promise<void>;
};

export type MembershipDeps = {
  readonly kafka: Kafka;
  readonly positions: GroupPositions;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly logger: Logger;
  /** The consumer died of an error that trying again does not heal. */
  readonly onCrash: (error: unknown) => void;
};

const COMMIT_MS = 15_000;
const AGAIN_FIRST_MS = 200;
const AGAIN_MAX_MS = 5_000;

/** Joins the group with every partition paused. `onAssigned` is called with each new assignment. */
async function joinPaused(
  deps: MembershipDeps,
  consumer: Consumer,
  onAssigned: (assignment: Assignment) => void,
): Promise<void> {
  // The listener runs before the first fetch of a generation: nothing is ever fetched.
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    const assignment: Assignment = payload.memberAssignment;
    const partitions = Object.entries(assignment);
    consumer.pause(partitions.map(([topic, held]) => ({ topic, partitions: [...held] })));
    onAssigned(assignment);
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) deps.onCrash(payload.error);
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [...deps.topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async () => Promise.resolve(),
  });
}

async function commitOffsets(consumer: Consumer, positions: readonly Position[]): Promise<void> {
  const offsets = positions.map(({ topic, partition, offset }) => ({
    topic,
    partition,
    offset: offset.toString(),
  }));
  try {
    await within(consumer.commitOffsets(offsets), COMMIT_MS, 'commit of offsets');
  } catch (cause) {
    throw new OperationError('offsets could not be committed', { retriable: true, cause });
  }
}

/**
 * Membership of a consumer group without its reading: kafkajs joins, sends heartbeats and commits,
 * with every partition paused, and records come by the direct reader. kafkajs's own fetch can stand
 * for ever before a batch that compaction has emptied (tulios/kafkajs#1072), and the profiles topic
 * is compacted. Heartbeats go on whatever the owner is doing, so a warehouse that is away for hours
 * costs no rebalance.
 */
export function createMembership(deps: MembershipDeps): Membership {
  const { logger } = deps;
  const leaving = new AbortController();
  let consumer: Consumer | null = null;
  let held: { readonly assignment: Assignment; readonly over: AbortController } | null = null;
  let wake: () => void = () => undefined;

  const onAssigned = (assignment: Assignment): void => {
    held?.over.abort();
    held = { assignment, over: new AbortController() };
    wake();
  };

  const join = async (): Promise<Consumer | null> => {
    for (let attempt = 0; !leaving.signal.aborted; attempt++) {
      const joining = deps.kafka.consumer(consumerOptions(deps.groupId));
      consumer = joining;
      try {
        await joinPaused(deps, joining, onAssigned);
        return joining;
      } catch (error) {
        logger.warn({ err: error, attempt }, 'group not joined, trying again');
        await joining.disconnect().catch(() => undefined);
        await pause(backOffMs(attempt, AGAIN_FIRST_MS, AGAIN_MAX_MS), leaving.signal);
      }
    }
    return null;
  };

  const assigned = async (): Promise<typeof held> => {
    while (!leaving.signal.aborted) {
      if (held !== null && !held.over.signal.aborted) return held;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return null;
  };

  async function* sessions(): AsyncGenerator<Session, void, void> {
    const joined = await join();
    for (let attempt = 0; joined !== null;) {
      const generation = await assigned();
      if (generation === null) return;
      const { signal } = generation.over;
      try {
        const positions = await deps.positions.of(generation.assignment);
        attempt = 0;
        const commit = async (to: readonly Position[]): Promise<void> => {
          if (!signal.aborted && to.length > 0) await commitOffsets(joined, to);
        };
        yield { positions, signal, commit };
      } catch (error) {
        logger.warn({ err: error, attempt }, 'committed offsets not known, asking again');
        await pause(backOffMs(attempt++, AGAIN_FIRST_MS, AGAIN_MAX_MS), signal);
      }
    }
  }

  return {
    sessions,
    leave: async () => {
      leaving.abort();
      held?.over.abort();
      wake();
      await Promise.allSettled([consumer?.disconnect(), deps.positions.close()]);
    },
  };
}
