import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { TableName } from './column.ts';

/** Everything the warehouse role tells Prometheus. */
export type WarehouseMetrics = {
  readonly inserted: (table: TableName, rows: number, ms: number) => void;
  readonly retried: (table: TableName) => void;
  readonly parked: (reason: string) => void;
  /** Delay from the request to the row being queryable, ms. */
  readonly fresh: (ms: number) => void;
  readonly buffered: (rows: number, bytes: number) => void;
  readonly lag: (topic: string, records: number) => void;
  readonly refreshed: (ms: number) => void;
  readonly stopped: (isStopped: boolean) => void;
};

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const FRESHNESS_SECONDS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 3600];

const named = (name: string): string => `processor_warehouse_${name}`;

function createCounters(registers: Registry[]) {
  const counter = <L extends string>(name: string, help: string, labelNames: L[]): Counter<L> =>
    new Counter({ name: named(name), help, labelNames, registers });
  return {
    rows: counter('rows_total', 'Rows written, repeats included.', ['table']),
    retries: counter('insert_retries_total', 'Inserts that failed and were tried again.', [
      'table',
    ]),
    parked: counter('parked_total', 'Records that make no row, kept as dead letters.', ['reason']),
  };
}

function createHistograms(registers: Registry[]) {
  const histogram = <L extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: L[],
  ): Histogram<L> => new Histogram({ name: named(name), help, buckets, labelNames, registers });
  return {
    insert: histogram('insert_seconds', 'Time of one successful insert.', SECONDS, ['table']),
    freshness: histogram(
      'freshness_seconds',
      'From the receipt of a request to its row being queryable.',
      FRESHNESS_SECONDS,
      [],
    ),
    daily: histogram('daily_refresh_seconds', 'Time of one refresh of daily.', SECONDS, []),
  };
}

function createGauges(registers: Registry[]) {
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]): Gauge<L> =>
    new Gauge({ name: named(name), help, labelNames, registers });
  return {
    rows: gauge('buffered_rows', 'Rows waiting.', []),
    bytes: gauge('buffered_bytes', 'Bytes of the rows waiting.', []),
    lag: gauge('lag_records', 'Committed records not read yet.', ['topic']),
    stopped: gauge('stopped', '1 when the role stopped for a reason a person must look at.', []),
  };
}

export function createWarehouseMetrics(registry: Registry): WarehouseMetrics {
  const counters = createCounters([registry]);
  const histograms = createHistograms([registry]);
  const gauges = createGauges([registry]);
  return {
    inserted: (table, rows, ms) => {
      counters.rows.inc({ table }, rows);
      histograms.insert.observe({ table }, ms / 1000);
    },
    retried: (table) => counters.retries.inc({ table }),
    parked: (reason) => counters.parked.inc({ reason }),
    fresh: (ms) => histograms.freshness.observe(ms / 1000),
    buffered: (rows, bytes) => {
      gauges.rows.set(rows);
      gauges.bytes.set(bytes);
    },
    lag: (topic, records) => gauges.lag.set({ topic }, records),
    refreshed: (ms) => histograms.daily.observe(ms / 1000),
    stopped: (isStopped) => gauges.stopped.set(isStopped ? 1 : 0),
  };
}
