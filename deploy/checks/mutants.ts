import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { Command } from 'commander';
import { MUTANTS } from './mutant-list.ts';
import type { Mutant } from './mutant.ts';

/*
 * `npm run test:mutants`: runs the tests of the core against wrong versions of it, each by itself.
 * Exit code 0 only if every one of them is caught, and the right one is not.
 */

type Verdict = { readonly isCaught: boolean; readonly by: string; readonly seconds: number };

const root = new URL('../..', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'landed-mutants-'));
const DEADLINE_MS = 180_000;
const FAILED_TEST = /(?:FAIL|×)\s+(?:\|unit\| )?(\S+\.test\.ts)(?: > (.*))?/;

type Options = { readonly only: string; readonly json: boolean };
const { only, json } = new Command('test:mutants')
  .description('Runs the tests of the core against wrong versions of it.')
  .option('--only <text>', 'only those whose file or description holds this text', '')
  .option('--json', 'print the verdicts as JSON instead of a table', false)
  .parse()
  .opts<Options>();

/** Runs the tests of the core; null stands for the core as it is. */
async function tryOut(mutant: Mutant | null, number: number): Promise<Verdict> {
  const startedAt = performance.now();
  const file = join(scratch, `${number}.json`);
  writeFileSync(file, JSON.stringify(mutant));
  const config = join(root, 'deploy/checks/vitest-mutants.config.ts');
  const vitest = join(root, 'node_modules', '.bin', 'vitest');
  const child = spawn(vitest, ['run', '--config', config, '--bail=1'], {
    cwd: root,
    env: { ...process.env, LANDED_MUTANT_FILE: file, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
  });
  let said = '';
  const listen = (chunk: Buffer): void => void (said = (said + chunk.toString()).slice(-100_000));
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const seconds = (performance.now() - startedAt) / 1000;
  if (code === null) return { isCaught: true, by: 'never ends', seconds };
  if (said.includes('MUTANT NOT PLANTED')) throw new Error(`not planted: ${mutant?.from ?? ''}`);
  const [, test = '', name = ''] = FAILED_TEST.exec(said) ?? [];
  const by = `${test.replace(/.*\//, '').replace('.test.ts', '')}: ${name.split(' > ').at(-1) ?? ''}`;
  return { isCaught: code !== 0, by: code === 0 ? '' : by.slice(0, 70), seconds };
}

const chosen = MUTANTS.filter(({ file, what }) => `${file} ${what}`.includes(only));
const verdicts = new Map<Mutant, Verdict>();
const tell = (line: string): void => void process.stderr.write(`${line}\n`);
try {
  const sound = await tryOut(null, 0);
  if (sound.isCaught) throw new Error(`the core as it is fails its tests: ${sound.by}`);
  tell(`the core as it is passes, ${sound.seconds.toFixed(1)} s; ${chosen.length} wrong versions`);
  const waiting = [...chosen];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const verdict = await tryOut(next, MUTANTS.indexOf(next) + 1);
      verdicts.set(next, verdict);
      const count = `${verdicts.size}/${chosen.length}`;
      tell(`${count} ${verdict.isCaught ? 'caught' : 'MISSED'} ${next.file}: ${next.what}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

const rows = chosen.flatMap((one) => {
  const verdict = verdicts.get(one);
  return verdict === undefined ? [] : [{ file: one.file, what: one.what, ...verdict }];
});
const missed = rows.filter(({ isCaught }) => !isCaught);
if (json) {
  process.stdout.write(`${JSON.stringify(rows)}\n`);
} else {
  const table = new Table({
    head: ['file', 'wrong version', '', 'caught by', 's'],
    style: { head: [], border: [] },
  });
  for (const { file, what, isCaught, by, seconds } of rows) {
    table.push([file, what, isCaught ? 'caught' : 'MISSED', by, seconds.toFixed(1)]);
  }
  process.stdout.write(`${table.toString()}\n${rows.length} wrong, ${missed.length} missed\n`);
}
process.exitCode = missed.length === 0 && rows.length > 0 ? 0 : 1;
