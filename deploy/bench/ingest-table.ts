import Table from 'cli-table3';
import { ratio } from './ingest-bars.ts';
import type { Regime, Results } from './ingest-bars.ts';
import type { Measurement } from './ingest-measure.ts';
import type { ServerName } from './ingest-servers.ts';
import { median } from './median.ts';

const PLAIN = { head: [], border: [] };

const HEAD = [
  'CPU µs/request',
  'min-max',
  'x bare',
  'requests/s',
  'p50 ms',
  'p99 ms',
  'RSS MB',
  'broker µs',
  'sender µs',
  'failures',
];

function rowOf(
  results: Results,
  regime: Regime,
  name: ServerName,
  rounds: readonly Measurement[],
): string[] {
  const middle = (pick: (each: Measurement) => number, digits = 0): string =>
    median(rounds.map(pick)).toFixed(digits);
  const cpu = rounds.map(({ serverUs }) => serverUs);
  return [
    name,
    middle(({ serverUs }) => serverUs, 1),
    `${Math.min(...cpu).toFixed(0)}-${Math.max(...cpu).toFixed(0)}`,
    ratio(results, regime, name, 'bare').toFixed(2),
    middle(({ requestsPerSecond }) => requestsPerSecond),
    middle(({ p50Ms }) => p50Ms, 1),
    middle(({ p99Ms }) => p99Ms, 1),
    middle(({ rssBytes }) => rssBytes / 2 ** 20),
    middle(({ brokerUs }) => brokerUs),
    middle(({ senderUs }) => senderUs),
    String(rounds.reduce((sum, { failures }) => sum + failures, 0)),
  ];
}

/** A table for each regime: medians of the rounds. */
export function resultTables(results: Results): string {
  const tables = [...results].map(([regime, servers]) => {
    const title = regime.endsWith('/s') ? `${regime}, open loop` : `${regime} connections`;
    const table = new Table({ head: [title, ...HEAD], style: PLAIN });
    for (const [name, rounds] of servers) table.push(rowOf(results, regime, name, rounds));
    return table.toString();
  });
  return tables.join('\n');
}
