import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { createRate } from './rate.ts';
import { scrape, type Samples } from './scrape.ts';

/** How the system does, as far as it could be asked. */
export type Vitals = {
  /** Webhooks answered with a 2xx since ingest started. */
  readonly acknowledged: number;
  /** Events a second, over the last seconds. */
  readonly inRate: number;
  /** Rows of message_outcomes. */
  readonly rows: number;
  readonly outRate: number;
  /** Raw records that are not processed yet; undefined when nobody could be asked. */
  readonly rawLag: number | undefined;
  /** Committed records that ClickHouse has not read yet; undefined when nobody could be asked. */
  readonly warehouseLag: number | undefined;
  readonly bands: readonly { readonly band: string; readonly people: number }[];
  readonly lastChange: string | undefined;
};

export interface VitalsWatch {
  look: () => Promise<Vitals>;
  close: () => Promise<void>;
}

export type WarehouseAddress = {
  readonly url: string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
};

const questionDeadlineMs = 5000;
/** Bands and the last change read tables; the counts come from metadata and cost nothing. */
const slowEveryMs = 3000;

type Slow = Pick<Vitals, 'bands' | 'lastChange'>;

const createWarehouse = ({ url, database, user, password }: WarehouseAddress) => {
  const client = createClient({
    url,
    database,
    username: user,
    password,
    request_timeout: questionDeadlineMs,
    log: { level: ClickHouseLogLevel.OFF },
  });
  const ask = async <T>(query: string): Promise<T[]> => {
    const answer = await client.query({ query, format: 'JSONEachRow' });
    return answer.json<T>();
  };
  return {
    rows: async (): Promise<number> => {
      const [found] = await ask<{ n: string }>(
        `SELECT toString(sum(total_rows)) AS n FROM system.tables
         WHERE database = currentDatabase() AND name = 'message_outcomes_log'`,
      );
      return Number(found?.n ?? 0);
    },
    slow: async (): Promise<Slow> => {
      const bands = await ask<{ band: string; people: string }>(
        `SELECT email_band AS band, toString(count()) AS people FROM profiles
         GROUP BY band ORDER BY count() DESC`,
      );
      const [last] = await ask<{ at: string; profile_id: string; summary: string }>(
        `SELECT formatDateTime(changed_at, '%H:%i:%S') AS at, profile_id, summary FROM score_changes_log
         WHERE changed_at > now() - INTERVAL 1 DAY ORDER BY changed_at DESC LIMIT 1`,
      );
      return {
        bands: bands.map(({ band, people }) => ({ band, people: Number(people) })),
        lastChange:
          last === undefined ? undefined : `${last.at}  ${last.profile_id}  ${last.summary}`,
      };
    },
    close: () => client.close(),
  };
};

/** Something that may be away for a while: the last answer stands until the next one. */
const lastKnown = <T>(ask: () => Promise<T>, first: T) => {
  let value = first;
  return async (): Promise<T> => {
    try {
      value = await ask();
    } catch {
      // The table says which process is down; a question that failed adds nothing to that.
    }
    return value;
  };
};

const sumIfThere = (samples: Samples | undefined, metric: string): number | undefined =>
  samples?.has(metric) === true ? samples.sum(metric) : undefined;

export const createVitalsWatch = (deps: {
  readonly ingestOps: string;
  readonly processorOps: string;
  readonly warehouse: WarehouseAddress;
  readonly now: () => number;
}): VitalsWatch => {
  const { ingestOps, processorOps, now } = deps;
  const warehouse = createWarehouse(deps.warehouse);
  const inRate = createRate();
  const outRate = createRate();
  const noSamples: Samples | undefined = undefined;
  const askIngest = lastKnown<Samples | undefined>(() => scrape(ingestOps), noSamples);
  const askProcessor = lastKnown<Samples | undefined>(() => scrape(processorOps), noSamples);
  const askRows = lastKnown(warehouse.rows, 0);
  const askSlow = lastKnown<Slow>(warehouse.slow, { bands: [], lastChange: undefined });
  let slow: Slow = { bands: [], lastChange: undefined };
  let slowAt = -Infinity;

  return {
    look: async () => {
      const [ingest, processor, rows] = await Promise.all([askIngest(), askProcessor(), askRows()]);
      if (now() - slowAt >= slowEveryMs) {
        slow = await askSlow();
        slowAt = now();
      }
      const acknowledged =
        (ingest?.sum('ingest_webhooks_total', { result: 'stored' }) ?? 0) +
        (ingest?.sum('ingest_webhooks_total', { result: 'quarantined' }) ?? 0);
      return {
        acknowledged,
        inRate: inRate.at(acknowledged, now()),
        rows,
        outRate: outRate.at(rows, now()),
        rawLag: sumIfThere(processor, 'processor_lag_records'),
        warehouseLag: sumIfThere(processor, 'processor_warehouse_lag_records'),
        ...slow,
      };
    },
    close: warehouse.close,
  };
};
