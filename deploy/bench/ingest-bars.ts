import type { Bar } from './bars.ts';
import type { Measurement } from './ingest-measure.ts';
import type { ServerName } from './ingest-servers.ts';
import { median } from './median.ts';

/** How the senders call: so many connections that wait for their answers, or so many calls a second. */
export const REGIMES = ['64', '256', '1000/s'] as const;
export type Regime = (typeof REGIMES)[number];

/** Rounds of one server under one regime. In each round the servers take turns. */
export type Results = ReadonlyMap<Regime, ReadonlyMap<ServerName, readonly Measurement[]>>;

type Pick = (measurement: Measurement) => number;

/** The middle of what one server showed; NaN when it was not measured. */
export function middle(results: Results, regime: Regime, server: ServerName, pick: Pick): number {
  return median((results.get(regime)?.get(server) ?? []).map(pick));
}

/** The middle of what `server` showed, divided round by round by what `base` showed in that round. */
export function ratio(
  results: Results,
  regime: Regime,
  server: ServerName,
  base: ServerName,
): number {
  const bases = results.get(regime)?.get(base) ?? [];
  const own = results.get(regime)?.get(server) ?? [];
  return median(own.map(({ serverUs }, round) => serverUs / (bases[round]?.serverUs ?? NaN)));
}

const CPU_AGAINST_BENTHOS = 2;
const CPU_OVER_BARE = 1.35;
const REQUESTS_PER_SECOND = 8000;
const BROKER_US = 150;
const RSS_BYTES = 300 * 2 ** 20;

/** Leaves out what was not measured. */
export function ingestBars(results: Results): Bar[] {
  const bars: (Bar & { readonly value: number })[] = [];
  for (const regime of ['64', '256'] as const) {
    const cheaper = ratio(results, regime, 'benthos', 'landed');
    bars.push({
      name: `CPU a request, ${regime} connections, Benthos against ours`,
      asked: `≥ ${CPU_AGAINST_BENTHOS} ×`,
      measured: `${cheaper.toFixed(2)} ×`,
      holds: cheaper >= CPU_AGAINST_BENTHOS,
      value: cheaper,
    });
    const dearer = ratio(results, regime, 'landed', 'bare');
    bars.push({
      name: `CPU a request, ${regime} connections, ours against a bare server`,
      asked: `≤ ${CPU_OVER_BARE} ×`,
      measured: `${dearer.toFixed(2)} ×`,
      holds: dearer <= CPU_OVER_BARE,
      value: dearer,
    });
  }
  const throughput = middle(results, '256', 'landed', (each) => each.requestsPerSecond);
  bars.push({
    name: 'requests a second, one process, 256 connections',
    asked: `≥ ${REQUESTS_PER_SECOND}`,
    measured: throughput.toFixed(0),
    holds: throughput >= REQUESTS_PER_SECOND,
    value: throughput,
  });
  const own = middle(results, '1000/s', 'landed', (each) => each.p99Ms);
  const peer = middle(results, '1000/s', 'benthos', (each) => each.p99Ms);
  bars.push({
    name: 'p99 at 1,000/s from the intended instant',
    asked: `≤ Benthos's ${peer.toFixed(1)} ms`,
    measured: `${own.toFixed(1)} ms`,
    holds: own <= peer,
    value: own + peer,
  });
  const broker = middle(results, '1000/s', 'landed', (each) => each.brokerUs);
  bars.push({
    name: 'CPU of the broker a message at 1,000/s',
    asked: `≤ ${BROKER_US} µs`,
    measured: `${broker.toFixed(0)} µs`,
    holds: broker <= BROKER_US,
    value: broker,
  });
  const rss = middle(results, '256', 'landed', (each) => each.rssBytes);
  bars.push({
    name: 'resident memory after 256 connections',
    asked: `≤ ${RSS_BYTES / 2 ** 20} MB`,
    measured: `${(rss / 2 ** 20).toFixed(0)} MB`,
    holds: rss <= RSS_BYTES,
    value: rss,
  });
  return bars.filter(({ value }) => !Number.isNaN(value));
}
