import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { Argument, Command } from 'commander';
import { barTable } from '../../bench/bar-table.ts';
import { quietKafkaTimers } from '../../local/stack/quiet-kafka.ts';
import { wholeNumber } from '../../whole-number.ts';
import type { Fault, FaultOptions, Outcome } from './fault.ts';
import { FAULTS } from './faults.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

/*
 * `npm run faults:ingest -- <name|all>`: the ingest service against a real broker, a good sender at
 * a steady pace, and one fault. Exit code 0 only when every law held.
 */

type Report = { readonly fault: string; readonly seconds: number } & Outcome;

const holds = (report: Report): boolean =>
  'skipped' in report || report.laws.every((law) => law.holds);

function textOf(report: Report): string {
  const { fault, seconds } = report;
  if ('skipped' in report) return `${fault}: SKIPPED: ${report.skipped}`;
  const laws = barTable(report.laws, `${fault}: law`);
  const figures = Object.entries(report.figures).map(([name, value]) => `  ${name}: ${value}`);
  const verdict = holds(report) ? 'every law held' : 'NOT every law held';
  return `${laws}\n${figures.join('\n')}\n${fault}: ${verdict} (${seconds} s)`;
}

/** One fault on a broker of its own, in a folder that is removed. */
async function runFault(fault: Fault, options: FaultOptions): Promise<Report> {
  const dir = mkdtempSync(join(tmpdir(), 'landed-faults-'));
  const begin = performance.now();
  let world: Promise<World> | null = null;
  const tell = (line: string): void => {
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    process.stderr.write(`${seconds.padStart(6)} s  ${line}\n`);
  };
  try {
    tell(`${fault.name}: ${fault.about}`);
    const outcome = await fault.run({
      options,
      tell,
      world: () => (world ??= openWorld(dir)),
    });
    const seconds = Math.round((performance.now() - begin) / 1000);
    return { fault: fault.name, seconds, ...outcome };
  } finally {
    await (world as Promise<World> | null)?.then((open) => open.close());
    rmSync(dir, { recursive: true, force: true });
  }
}

const CALM_MS = 3_000;
/** Longer than a recovery may take, so that a late one shows. */
const AFTER_MS = 11_000;

const count = wholeNumber(1, 1_000_000);
const outageList = (text: string): readonly number[] =>
  text.split(',').map((each) => wholeNumber(1, 60)(each) * 1000);

type CommandOptions = {
  readonly rate: number;
  readonly connections: number;
  readonly seconds: number;
  readonly churn: number;
  readonly overloadSeconds: number;
  readonly overloadConnections: number;
  readonly times: number;
  readonly outages: readonly number[];
  readonly restarts: number;
  readonly rollingRate: number;
  readonly json: boolean;
};

const names = FAULTS.map(({ name }) => name);
const program = new Command('faults:ingest')
  .description('Does harm around the ingest service and says what a good sender saw of it.')
  .addArgument(new Argument('<name>', 'which fault').choices([...names, 'all']))
  .option('--rate <count>', 'calls a second of the good sender', count, 200)
  .option('--connections <count>', 'connections of a slow attack', count, 400)
  .option('--seconds <count>', 'length of a slow attack', count, 30)
  .option('--churn <count>', 'connections opened and closed', count, 100_000)
  .option('--overload-seconds <count>', 'length of the overload', count, 60)
  .option('--overload-connections <count>', 'connections of the overload', count, 1_500)
  .option('--times <count>', 'overload, times the measured capacity', count, 5)
  .option(
    '--outages <list>',
    'seconds the broker is away, 1 to 60',
    outageList,
    [1000, 5000, 20_000],
  )
  .option('--restarts <count>', 'restarts of the rolling pair', count, 50)
  .option('--rolling-rate <count>', 'calls a second during it', count, 500)
  .option('--json', 'print the figures as JSON', false)
  .parse();

const [wanted] = program.args;
const { json, ...given } = program.opts<CommandOptions>();
const options: FaultOptions = {
  rate: given.rate,
  slowConnections: given.connections,
  slowMs: given.seconds * 1000,
  churn: given.churn,
  overloadMs: given.overloadSeconds * 1000,
  overloadTimes: given.times,
  overloadConnections: given.overloadConnections,
  calmMs: CALM_MS,
  afterMs: AFTER_MS,
  stopSignals: ['SIGTERM', 'SIGKILL'],
  outagesMs: given.outages,
  restarts: given.restarts,
  rollingRate: given.rollingRate,
};
const machine = `${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`;
quietKafkaTimers();
const reports: Report[] = [];
for (const fault of FAULTS.filter(({ name }) => wanted === 'all' || name === wanted)) {
  const report = await runFault(fault, options);
  reports.push(report);
  if (!json) process.stdout.write(`${textOf(report)}\n`);
}
const conditions = `${machine}, shared by service, broker and senders; good sender ${options.rate}/s`;
process.stdout.write(
  json ? `${JSON.stringify({ conditions, options, reports })}\n` : `${conditions}\n`,
);
process.exitCode = reports.every(holds) ? 0 : 1;
