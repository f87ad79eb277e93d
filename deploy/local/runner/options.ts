import { Command, InvalidArgumentError } from 'commander';

export type RunnerOptions = {
  /** Calls to send; null: without end. */
  readonly events: number | null;
  /** End, with the audit as the verdict, once everything came through. */
  readonly isExit: boolean;
  readonly hasTraffic: boolean;
  /** Calls a second; null: not asked for. */
  readonly rate: number | null;
  readonly seed: string | null;
  /** Begin with empty data. */
  readonly isFresh: boolean;
};

const eventsMax = 10_000_000;
const rateMax = 5000;

const numberWithin =
  (max: number, isWhole: boolean) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value > 0 && value <= max && (!isWhole || Number.isInteger(value))) {
      return value;
    }
    throw new InvalidArgumentError(`It must be a ${isWhole ? 'whole ' : ''}number up to ${max}.`);
  };

type Parsed = {
  readonly events?: number;
  readonly exit?: true;
  readonly traffic: boolean;
  readonly rate?: number;
  readonly seed?: string;
  readonly fresh?: true;
};

/**
 * Reads the options of `npm start`.
 *
 * @param argv without the interpreter and the script
 * @throws CommanderError, after telling what is wrong, or after the help was asked for
 */
export const parseOptions = (
  argv: readonly string[],
  write: (text: string) => void = (text) => process.stderr.write(text),
): RunnerOptions => {
  const program = new Command('npm start --')
    .description('Runs the whole system on this machine, fed by signed traffic.')
    .option('--events <number>', 'send so many calls, then no more', numberWithin(eventsMax, true))
    .option('--exit', 'with --events: wait until all came through, print the audit, end')
    .option('--no-traffic', 'send nothing; print a ready signed curl')
    .option('--rate <number>', 'calls a second (20; 200 with --exit)', numberWithin(rateMax, false))
    .option('--seed <text>', 'seed of the traffic')
    .option('--fresh', 'begin with empty data')
    .configureOutput({ writeErr: write })
    .exitOverride();
  program.parse(argv, { from: 'user' });
  const { events, exit, traffic, rate, seed, fresh } = program.opts<Parsed>();
  if (exit === true && events === undefined) program.error('error: --exit needs --events');
  if (!traffic && events !== undefined) {
    program.error('error: --events and --no-traffic exclude each other');
  }
  return {
    events: events ?? null,
    isExit: exit === true,
    hasTraffic: traffic,
    rate: rate ?? null,
    seed: seed ?? null,
    isFresh: fresh === true,
  };
};
