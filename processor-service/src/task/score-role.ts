import type { Metrics } from '../metrics.ts';
import type { Role, RoleDeps } from '../role.ts';
import { createAssignments } from './assignments.ts';
import type { Assignments } from './assignments.ts';
import { createPositions, createTaskProducers } from './kafka-transaction.ts';
import { createMembership } from './membership.ts';
import type { Membership } from './membership.ts';
import { createRawFeed } from './raw-feed.ts';
import type { RawFeed } from './raw-feed.ts';
import { openScoreClients } from './score-clients.ts';
import type { ScoreClients } from './score-clients.ts';
import { createScoreTasks } from './score-task.ts';

/** The consumer group of the score role, and the first part of its transactional ids. */
export const scoreGroup = (prefix: string): string => `${prefix}landed-score`;

type Parts = {
  readonly clients: ScoreClients;
  readonly feed: RawFeed;
  readonly assignments: Assignments;
  readonly membership: Membership;
};

const AT_WORK = new Set(['running', 'committing', 'waiting']);
/** States in which a task asks for records, or soon will. */
const READING = new Set(['running', 'committing']);

function buildParts(
  deps: RoleDeps & { readonly scoreMetrics: Metrics },
  clients: ScoreClients,
): Parts {
  const { config, kafka } = deps;
  const logger = deps.logger.child({ module: 'score' });
  const groupId = scoreGroup(config.prefix);
  const rawTopic = config.topics.raw;
  const transactions = {
    kafka,
    admin: clients.admin,
    groupId,
    rawTopic,
    transactionalIdPrefix: groupId,
  };
  const feed = createRawFeed({
    reader: clients.feedReader,
    topic: rawTopic,
    tasks: () => assignments.tasks().filter((task) => READING.has(task.state())).length,
  });
  let isRejoining = false;
  const rejoin = async (): Promise<void> => {
    if (isRejoining) return;
    isRejoining = true;
    try {
      assignments.assign([]);
      await assignments.settled();
      await membership.rejoin();
    } catch (error) {
      deps.onCrash(error);
    } finally {
      isRejoining = false;
    }
  };
  const createTask = createScoreTasks({
    config,
    clients,
    feed,
    openProducer: createTaskProducers(transactions),
    readPosition: createPositions(transactions),
    metrics: deps.scoreMetrics,
    logger,
    onFenced: () => void rejoin(),
    onFatal: deps.onCrash,
  });
  const assignments = createAssignments({ createTask, logger });
  const membership = createMembership({
    kafka,
    groupId,
    topic: rawTopic,
    logger,
    onAssigned: assignments.assign,
    onCrash: deps.onCrash,
  });
  return { clients, feed, assignments, membership };
}

/** The score role: one task per raw partition the group assigns to this process. */
export function createScoreRole(deps: RoleDeps & { readonly scoreMetrics: Metrics }): Role {
  const starting = new AbortController();
  let parts: Parts | null = null;
  let hasJoined = false;
  let started: Promise<void> = Promise.resolve();

  const open = async (): Promise<void> => {
    const logger = deps.logger.child({ module: 'score' });
    const clients = await openScoreClients(deps, logger, starting.signal);
    parts = buildParts(deps, clients);
    await parts.membership.join();
    hasJoined = true;
  };

  return {
    start: async () => {
      started = open();
      await started;
    },
    stop: async () => {
      starting.abort();
      // A start that was cut off has said so to whoever started it.
      await started.catch(() => undefined);
      if (parts === null) return;
      const { membership, assignments, feed, clients } = parts;
      // The tasks first: each finishes the transaction at hand while it still owns its partition.
      assignments.assign([]);
      await assignments.settled();
      await membership.leave();
      await feed.close();
      await clients.close();
    },
    isReady: () =>
      hasJoined &&
      parts !== null &&
      parts.assignments.tasks().every((task) => AT_WORK.has(task.state())),
  };
}
