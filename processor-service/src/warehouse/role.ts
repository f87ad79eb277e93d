import { OperationError } from '@landed/schemas/fate';
import type { Registry as SchemaRegistry } from '@landed/schemas/registry';
import type { Environment } from '@landed/schemas/settings';
import type { TopicNames } from '@landed/schemas/topics';
import type { Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type { Registry as MetricsRegistry } from 'prom-client';
import { backOffMs, pause } from '../log/deadline.ts';
import type { PartitionReader } from '../log/partition-reader.ts';
import { createClickHouse } from './clickhouse.ts';
import { loadWarehouseSettings } from './config.ts';
import { createDaily } from './daily.ts';
import { createDeadLetterWriter } from './dead-letter-writer.ts';
import { createGroupPositions } from './group-positions.ts';
import { warehouseGroup } from './group.ts';
import { createLag } from './lag.ts';
import { createRowMaker } from './make-rows.ts';
import { createMembership } from './membership.ts';
import { createWarehouseMetrics } from './metrics.ts';
import { runSession } from './session.ts';
import type { Line } from './session.ts';
import { tableColumns } from './tables/all.ts';

/*
 * The warehouse: committed records become rows. It is a group of its own, so that ClickHouse can be
 * away for hours without holding up a score; while it is away nothing is read and nothing grows.
 */

export type WarehouseDeps = {
  /** `CLICKHOUSE_*` and `WAREHOUSE_*`. */
  readonly env: Environment;
  readonly config: { readonly prefix: string; readonly topics: TopicNames };
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  readonly kafka: Kafka;
  readonly createReader: () => PartitionReader;
  readonly registry: Pick<SchemaRegistry, 'fetchSchema'>;
  /** What can only be a bug. Outages never get here. */
  readonly onCrash: (error: unknown) => void;
};

export type WarehouseRole = {
  /** Resolves at once: what is not there yet is waited for. */
  readonly start: () => Promise<void>;
  /** Writes what is buffered, if that is possible within seconds, and leaves the group. */
  readonly stop: () => Promise<void>;
  /** True while it reads and writes. */
  readonly isReady: () => boolean;
};

/** After a stop, what is buffered may take so long to be written. */
const STOP_FLUSH_MS = 5_000;
const AGAIN_FIRST_MS = 500;
const AGAIN_MAX_MS = 10_000;
/** A session that lasted so long was a good one: the next trouble is a new one. */
const GOOD_SESSION_MS = 30_000;

type Opened = { readonly line: Line; readonly close: () => Promise<void> };

/** Builds the clients and everything between them. */
function openLine(deps: WarehouseDeps, logger: Logger, isStopping: () => boolean): Opened {
  const { config, kafka, registry } = deps;
  const settings = loadWarehouseSettings(deps.env);
  const now = Date.now;
  const metrics = createWarehouseMetrics(deps.metrics);
  const clickhouse = createClickHouse(settings.clickhouse, { application: 'landed-warehouse' });
  const reader = deps.createReader();
  const deadLetterTopic = config.topics.deadLetters;
  const deadLetters = createDeadLetterWriter({ kafka, topic: deadLetterTopic });
  const intervalMs = settings.dailyRefreshMs;
  const line: Line = {
    settings,
    reader,
    rowMaker: createRowMaker({ topics: config.topics, fetchSchema: registry.fetchSchema }),
    flushDeps: {
      clickhouse,
      columnsOf: (table) => tableColumns[table],
      metrics,
      logger,
      daily: createDaily({ clickhouse, intervalMs, now, metrics, logger }),
      deadLetters,
      deadLetterTopic,
      now,
    },
    lag: createLag(metrics),
    isStopping,
    now,
  };
  const close = async (): Promise<void> => {
    await Promise.allSettled([deadLetters.close(), reader.close(), clickhouse.close()]);
  };
  return { line, close };
}

/** The warehouse role. Settings come from `CLICKHOUSE_*` and `WAREHOUSE_*`. */
export function createWarehouseRole(deps: WarehouseDeps): WarehouseRole {
  const logger = deps.logger.child({ module: 'warehouse' });
  const stopping = new AbortController();
  const stopNow = new AbortController();
  const { line, close } = openLine(deps, logger, () => stopping.signal.aborted);
  const { metrics } = line.flushDeps;
  const { outcomes, scoreChanges, profiles, deadLetters } = deps.config.topics;
  const groupId = warehouseGroup(deps.config.prefix);
  const membership = createMembership({
    kafka: deps.kafka,
    positions: createGroupPositions({ kafka: deps.kafka, reader: line.reader, groupId }),
    groupId,
    topics: [outcomes, scoreChanges, profiles, deadLetters],
    logger,
    onCrash: deps.onCrash,
  });
  let state: 'waiting' | 'running' | 'halted' = 'waiting';
  let ended: Promise<void> = Promise.resolve();

  /** Outages end the session and it begins anew; what cannot heal by itself halts the role. */
  const survive = async (error: unknown, failures: number): Promise<void> => {
    if (!(error instanceof OperationError)) throw error;
    if (error.retriable) {
      logger.warn({ err: error, failures }, 'warehouse begins anew from the committed offsets');
      await pause(backOffMs(failures, AGAIN_FIRST_MS, AGAIN_MAX_MS), stopping.signal);
      return;
    }
    state = 'halted';
    metrics.stopped(true);
    logger.error({ err: error }, 'warehouse stopped: a person must look');
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    for await (const session of membership.sessions()) {
      state = 'running';
      logger.info({ partitions: session.positions.length }, 'warehouse reads');
      const startedAt = performance.now();
      try {
        const signal = AbortSignal.any([session.signal, stopNow.signal]);
        await runSession(line, { ...session, signal });
      } catch (error) {
        if (performance.now() - startedAt > GOOD_SESSION_MS) failures = 0;
        if (!session.signal.aborted) await survive(error, failures++);
      }
      if (stopping.signal.aborted || (state as string) === 'halted') break;
      state = 'waiting';
    }
    await membership.leave();
  };

  return {
    start: async () => {
      metrics.stopped(false);
      ended = run().catch((error: unknown) => deps.onCrash(error));
      return Promise.resolve();
    },
    stop: async () => {
      stopping.abort();
      if (state === 'waiting') await membership.leave();
      const timer = setTimeout(() => stopNow.abort(), STOP_FLUSH_MS);
      await ended;
      clearTimeout(timer);
      await close();
    },
    isReady: () => state === 'running',
  };
}
