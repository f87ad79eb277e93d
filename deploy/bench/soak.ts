import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { judge } from './bars.ts';
import { barTable } from './bar-table.ts';
import { soak } from './soak-run.ts';

/*
 * `npm run soak -- --minutes 10 --rate 200`: the whole embedded system under steady traffic, and
 * whether it stays within its bars. Exit code 0 only if all hold.
 */

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 10_000)) throw new InvalidArgumentError('must be above 0');
  return value;
}

const program = new Command('soak')
  .description('Runs the embedded system under steady traffic and measures it against its bars.')
  .option('--minutes <number>', 'how long', positive, 10)
  .option('--rate <number>', 'calls a second', positive, 200)
  .option('--seed <text>', 'seed of the traffic', '1')
  .option('--keep', 'keep the folder of the run', false)
  .option('--json', 'print the figures as JSON instead of a table', false)
  .parse();

type Options = {
  readonly minutes: number;
  readonly rate: number;
  readonly seed: string;
  readonly keep: boolean;
  readonly json: boolean;
};
const { minutes, rate, seed, keep, json } = program.opts<Options>();
const dir = mkdtempSync(join(tmpdir(), 'landed-soak-'));
// Progress goes to standard error, so that the JSON stands alone.
const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const stop = new AbortController();
// The first Ctrl-C ends the traffic and judges what there is, a second one ends everything.
process.once('SIGINT', () => stop.abort());

const machine = `${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`;
tell(`soak: ${minutes} min at ${rate}/s on ${machine}; folder ${dir}`);
try {
  const figures = await soak({ minutes, rate, seed, dir, tell, signal: stop.signal });
  const bars = judge(figures);
  if (json) {
    const { memory, ...rest } = figures;
    process.stdout.write(`${JSON.stringify({ machine, ...rest, bars, memory })}\n`);
  } else {
    process.stdout.write(`${barTable(bars)}\n`);
  }
  process.exitCode = bars.every(({ holds }) => holds) ? 0 : 1;
} catch (error) {
  tell(`soak: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  if (!keep) rmSync(dir, { recursive: true, force: true });
}
