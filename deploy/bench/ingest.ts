import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { MOUNTS } from './ingest-mounts.ts';
import type { Mount } from './ingest-mounts.ts';
import { measure } from './ingest-measure.ts';
import type { Measurement } from './ingest-measure.ts';
import { median } from './median.ts';

/*
 * `npm run bench:ingest`: what one webhook costs the ingest service, and what express would add on
 * its route. The mounts take turns in each round, so that other work on the machine meets all of
 * them; CPU time a request is the figure to compare. With KAFKA_BROKERS and SCHEMA_REGISTRY_URL set
 * (and KAFKA_TOPIC_PREFIX for topics of its own) batches go to that cluster, whose topics must be
 * there; else a timer of 1 ms stands for it.
 */

const positive = (text: string): number => {
  const value = Number(text);
  if (!(value >= 0 && value <= 100_000)) throw new InvalidArgumentError('must be a number from 0');
  return value;
};
const mountList = (text: string): readonly Mount[] =>
  text.split(',').map((name) => {
    const mount = MOUNTS.find((each) => each === name);
    if (!mount) throw new InvalidArgumentError(`must be of ${MOUNTS.join(', ')}`);
    return mount;
  });

type Options = {
  readonly connections: number;
  readonly rate: number;
  readonly seconds: number;
  readonly warmUp: number;
  readonly rounds: number;
  readonly mounts: readonly Mount[];
  readonly json: boolean;
};

const options = new Command('bench:ingest')
  .description('Measures what one webhook costs the ingest service.')
  .option('--connections <number>', 'connections of the sender', positive, 64)
  .option('--rate <number>', 'calls a second in an open loop; 0: closed loop', positive, 0)
  .option('--seconds <number>', 'length of one measurement', positive, 5)
  .option('--warm-up <number>', 'seconds before it', positive, 3)
  .option('--rounds <number>', 'measurements of each mount', positive, 3)
  .option('--mounts <list>', `of ${MOUNTS.join(', ')}`, mountList, MOUNTS)
  .option('--json', 'print the figures as JSON', false)
  .parse()
  .opts<Options>();

const dir = mkdtempSync(join(tmpdir(), 'landed-bench-'));
const key = randomBytes(24).toString('hex');
const isInMemory = !process.env['KAFKA_BROKERS'];
const env = {
  ...process.env,
  CUSTOMERIO_SIGNING_KEYS: `bench:${key}`,
  LANDED_SEAL_KEYS: `k1:${randomBytes(32).toString('base64')}`,
  LANDED_HASH_KEY: randomBytes(32).toString('hex'),
  INGEST_STATE_DIR: dir,
};

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

const results = new Map<Mount, Measurement[]>(options.mounts.map((mount) => [mount, []]));
try {
  for (let round = 0; round < options.rounds; round += 1) {
    for (const mount of options.mounts) {
      const measurement = await measure({ mount, isInMemory, env, key, ...options });
      results.get(mount)?.push(measurement);
      process.stderr.write(`round ${round + 1}, ${mount}: ${measurement.cpuUs.toFixed(1)} µs\n`);
    }
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}

const base = median((results.get('front') ?? []).map((each) => each.cpuUs));
const table = new Table({
  head: [
    'mount',
    'CPU µs/request',
    'min-max',
    'x front',
    'requests/s',
    'p50 ms',
    'p99 ms',
    'RSS MB',
    'failures',
  ],
  style: { head: [], border: [] },
});
for (const [mount, list] of results) {
  const cpu = sorted(list.map((each) => each.cpuUs));
  const middle = (pick: (each: Measurement) => number): number => median(list.map(pick));
  table.push([
    mount,
    median(cpu).toFixed(1),
    `${(cpu[0] ?? NaN).toFixed(1)}-${(cpu.at(-1) ?? NaN).toFixed(1)}`,
    (median(cpu) / base).toFixed(2),
    middle((each) => each.requestsPerSecond).toFixed(0),
    middle((each) => each.p50Ms).toFixed(1),
    middle((each) => each.p99Ms).toFixed(1),
    (middle((each) => each.rssBytes) / 2 ** 20).toFixed(0),
    list.reduce((sum, each) => sum + each.failures, 0),
  ]);
}
const loop = options.rate > 0 ? `open loop, ${options.rate}/s` : 'closed loop';
const conditions = `${isInMemory ? 'memory' : 'Kafka'}, ${options.connections} connections, ${loop}, ${options.rounds} x ${options.seconds} s, ${cpus().length} cores, Node ${process.version}`;
if (options.json)
  process.stdout.write(`${JSON.stringify({ conditions, results: [...results] })}\n`);
else process.stdout.write(`${conditions}\n${table.toString()}\n`);
