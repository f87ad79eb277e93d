import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { Command } from 'commander';
import { wholeNumber } from '../whole-number.ts';
import { freeStackPorts } from '../local/stack/stack-ports.ts';
import { startStack } from '../local/stack/stack.ts';
import { quietKafkaTimers } from '../local/stack/quiet-kafka.ts';
import { createRandom } from '../traffic/random.ts';
import { isEqual } from './compare.ts';
import type { Comparison } from './compare.ts';
import { runMatrix } from './run-matrix.ts';
import type { MatrixResult } from './run-matrix.ts';

/*
 * kill -9 over processor and broker while raw records are processed. Afterwards everything that was
 * published, and every state, must be what the same code says without any cluster at all.
 */

const anyNumber = wholeNumber(0, Number.MAX_SAFE_INTEGER);

function show(result: MatrixResult): void {
  const table = new Table({ head: ['what', 'wanted', 'found', 'missing', 'surplus'] });
  for (const { what, wanted, found, missing, surplus } of result.comparisons) {
    table.push([what, wanted, found, missing.length, surplus.length]);
  }
  process.stdout.write(`${table.toString()}\n`);
  const first = (comparison: Comparison): string | undefined =>
    comparison.missing[0] ?? comparison.surplus[0];
  for (const comparison of result.comparisons.filter((one) => !isEqual(one))) {
    process.stdout.write(`${comparison.what}: ${first(comparison)?.slice(0, 400) ?? ''}\n`);
  }
  const kills = [...result.kills].map(([what, count]) => `${what} ${count}`).join(', ');
  const fates = [...result.fates].map(([what, count]) => `${what.replace(/\/$/, '')} ${count}`);
  process.stdout.write(`kills: ${kills}\nrecords: ${fates.join(', ')}; timers ${result.timers}\n`);
}

async function main(): Promise<void> {
  quietKafkaTimers();
  const program = new Command('kill-matrix')
    .description('Kills processor and broker while they work, and proves that nothing shows of it.')
    .option('--events <count>', 'raw records', anyNumber, 20_000)
    .option('--kills <count>', 'kills', anyNumber, 20)
    .option(
      '--pauses <count>',
      'processors stopped beyond their session, then let go on',
      anyNumber,
      1,
    )
    .option('--seed <text>', 'the same seed kills at the same places of the plan', '1')
    .option('--processors <count>', 'processor processes', anyNumber, 2)
    .option('--rate <count>', 'raw records written a second', anyNumber, 400)
    .option('--dir <path>', 'where data and logs are kept; otherwise a folder that is removed');
  program.parse();
  const options = program.opts<{
    events: number;
    kills: number;
    pauses: number;
    seed: string;
    processors: number;
    rate: number;
    dir?: string;
  }>();
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'landed-kill-matrix-'));
  mkdirSync(dir, { recursive: true });
  const begin = performance.now();
  const stack = await startStack({
    dir: join(dir, 'stack'),
    artifactsDir: fileURLToPath(new URL('../../.stack', import.meta.url)),
    ports: await freeStackPorts(),
    only: ['kafka', 'registry'],
    registryStorage: 'memory',
  });
  try {
    const say = (line: string): void => {
      const seconds = ((performance.now() - begin) / 1_000).toFixed(1);
      process.stdout.write(`${seconds.padStart(6)} s  ${line}\n`);
    };
    const random = createRandom(`kill-matrix ${options.seed}`);
    const result = await runMatrix({ ...options, dir, stack, random, say });
    show(result);
    const isGood = result.comparisons.every(isEqual) && result.killCount >= options.kills;
    const seconds = Math.round((performance.now() - begin) / 1_000);
    process.stdout.write(
      isGood
        ? `PASS: ${result.rawRecords} raw records, ${result.killCount} kills, no difference (${seconds} s)\n`
        : `FAIL: ${result.killCount} of ${options.kills} kills, differences above (${seconds} s)\n`,
    );
    process.exitCode = isGood ? 0 : 1;
  } finally {
    await stack.stop();
    if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
  }
}

await main();
