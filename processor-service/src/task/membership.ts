import type { Consumer, Kafka } from 'kafkajs';
import { consumerOptions } from '@landed/schemas/kafka';
import type { Logger } from 'pino';
import { backOffMs, pause, within } from '../log/deadline.ts';

/** Membership of the consumer group that shares out the raw partitions. */
export interface Membership {
  /** Joins. Assignments come through `onAssigned`, each replacing the last. */
  readonly join: () => Promise<void>;
  /** Leaves and joins again: after another owner took over one of our partitions. */
  readonly rejoin: () => Promise<void>;
  readonly leave: () => Promise<void>;
}

export type MembershipDeps = {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topic: string;
  readonly logger: Logger;
  /** Called synchronously within the join, before anything else happens in the new generation. */
  readonly onAssigned: (partitions: readonly number[]) => void;
  /** The consumer has ended and will not come back by itself. */
  readonly onCrash: (error: unknown) => void;
};

const CONNECT_MS = 30_000;
const STOP_MS = 15_000;
const BACK_OFF_FIRST_MS = 200;
const BACK_OFF_MAX_MS = 5_000;

/**
 * kafkajs holds the membership: it joins, heartbeats and takes part in rebalances. It never reads: in
 * the join every partition is paused, and the direct reader takes its place, because kafkajs answers
 * an offset that retention has passed by silently moving to the oldest one kept (a loss nobody sees),
 * and holds all partitions up for one that waits. Fencing does not depend on the group: whoever opens
 * a partition's producer last is its owner.
 */
export function createMembership(deps: MembershipDeps): Membership {
  const { topic, logger } = deps;
  const leaving = new AbortController();
  let consumer: Consumer | null = null;

  const build = (): Consumer => {
    const options = { ...consumerOptions(deps.groupId), maxWaitTimeInMs: 500 };
    const built = deps.kafka.consumer(options);
    built.on(built.events.GROUP_JOIN, ({ payload }) => {
      built.pause([{ topic }]);
      deps.onAssigned(payload.memberAssignment[topic] ?? []);
    });
    built.on(built.events.CRASH, ({ payload }) => {
      if (!payload.restart) deps.onCrash(payload.error);
    });
    return built;
  };

  const run = async (): Promise<void> => {
    for (let attempt = 0; !leaving.signal.aborted; attempt++) {
      const built = build();
      consumer = built;
      try {
        await within(built.connect(), CONNECT_MS, 'join the group');
        await built.subscribe({ topics: [topic], fromBeginning: true });
        const eachBatch = async (): Promise<void> => Promise.resolve();
        await built.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
        return;
      } catch (error) {
        logger.warn({ err: error }, 'could not join the group, trying again');
        await disconnect(built);
        await pause(backOffMs(attempt, BACK_OFF_FIRST_MS, BACK_OFF_MAX_MS), leaving.signal);
      }
    }
  };

  const disconnect = async (old: Consumer): Promise<void> => {
    // It leaves the group on the way; if the coordinator is away, the session runs out instead.
    await within(old.disconnect(), STOP_MS, 'leave the group').catch((error: unknown) => {
      logger.warn({ err: error }, 'the group was not left in time');
    });
  };

  const stop = async (): Promise<void> => {
    const old = consumer;
    consumer = null;
    if (old !== null) await disconnect(old);
  };

  return {
    join: run,
    rejoin: async () => {
      await stop();
      await run();
    },
    leave: async () => {
      leaving.abort();
      await stop();
    },
  };
}
