import { cpus } from 'node:os';
import Table from 'cli-table3';
import { Command } from 'commander';
import { wholeNumber } from '../whole-number.ts';
import { coreInputs, failureInputs } from './core-events.ts';
import { measureRound } from './core-measure.ts';
import type { CoreRound } from './core-measure.ts';
import { median } from './median.ts';
import { findWorstText } from './worst-text.ts';

/*
 * `npm run bench:core`: what one event costs the core (interpret, fold, view; state in memory), held
 * against `JSON.parse` of the same bodies in the same run, and what one failure text costs the
 * classifier. CPU time, medians of rounds. Exit code 0 only if all bars hold.
 */

const EVENTS_A_SECOND = 60_000;
const PARSE_TIMES = 5;
const TEXTS_A_SECOND = 200_000;
const WORST_TEXT_MS = 1;
const SECOND_US = 1e6;

const count = wholeNumber(1, 1_000_000);

type Options = {
  readonly events: number;
  readonly rounds: number;
  readonly seed: string;
  readonly json: boolean;
};
const { events, rounds, seed, json } = new Command('bench:core')
  .description('Measures the core: interpret, fold, view, and the failure classifier.')
  .option('--events <number>', 'events of one round', count, 40_000)
  .option('--rounds <number>', 'rounds that count; two before them warm up', count, 7)
  .option('--seed <text>', 'seed of the traffic', '1')
  .option('--json', 'print the figures as JSON instead of a table', false)
  .parse()
  .opts<Options>();

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

const { inputs, addresses, hashAddress } = coreInputs(events, seed);
const failures = failureInputs(inputs);
const measured: CoreRound[] = [];
for (let round = -2; round < rounds; round += 1) {
  const figures = measureRound(inputs, failures, addresses, hashAddress);
  if (round < 0) continue;
  measured.push(figures);
  tell(`round ${round + 1}: ${figures.interpretFoldView.toFixed(1)} µs an event`);
}
const worst = findWorstText(seed);

const of = (name: keyof CoreRound): number => median(measured.map((round) => round[name]));
const times = median(measured.map((round) => round.interpretFoldView / round.parse));
const eventsPerSecond = SECOND_US / of('interpretFoldView');
const textsPerSecond = SECOND_US / of('classify');
const holds = {
  core: eventsPerSecond >= EVENTS_A_SECOND || times <= PARSE_TIMES,
  classify: textsPerSecond >= TEXTS_A_SECOND,
  worst: worst.ms <= WORST_TEXT_MS,
};
const said = (isMet: boolean): string => (isMet ? 'holds' : 'FAILS');

const table = new Table({
  head: ['what', 'µs', 'a second', 'asked', ''],
  style: { head: [], border: [] },
});
const row = (name: string, us: number, asked = '', verdict = ''): void =>
  void table.push([name, us.toFixed(1), (SECOND_US / us).toFixed(0), asked, verdict]);
row('JSON.parse of a body', of('parse'));
row('interpret', of('interpret'));
row('interpret + fold', of('interpretFold'));
row(
  `interpret + fold + view (${times.toFixed(1)} × JSON.parse)`,
  of('interpretFoldView'),
  `≥ ${EVENTS_A_SECOND} or ≤ ${PARSE_TIMES} ×`,
  said(holds.core),
);
row('hash of an address (not in the line above)', of('hash'));
row('classify a reply', of('classify'), `≥ ${TEXTS_A_SECOND}`, said(holds.classify));
row(
  `classify the worst of ${worst.tried} texts of 1,000`,
  worst.ms * 1000,
  `≤ ${WORST_TEXT_MS * 1000} µs`,
  said(holds.worst),
);

const conditions = `${events} events, ${new Set(inputs.map(({ context }) => context.profileKey)).size} people, ${failures.length} failure texts, medians of ${rounds}, CPU time, ${cpus().length} cores, Node ${process.version}`;
process.stdout.write(
  json
    ? `${JSON.stringify({ conditions, measured, times, eventsPerSecond, textsPerSecond, worst, holds })}\n`
    : `${conditions}\n${table.toString()}\n`,
);
process.exitCode = Object.values(holds).every(Boolean) ? 0 : 1;
