import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';

/*
 * `npm run test:laws`: the property tests of the core on many random histories. `npm test` tries
 * 2,000 of them. What fails is printed with the seed and the path that lead there again.
 */

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 100 || value > 10_000_000) {
    throw new InvalidArgumentError('must be a whole number from 100');
  }
  return value;
}

const { histories } = new Command('test:laws')
  .description('Tries the laws of the core on many random histories.')
  .option('--histories <number>', 'how many', count, 100_000)
  .parse()
  .opts<{ histories: number }>();

const root = new URL('../..', import.meta.url).pathname;
const files = ['laws', 'view-laws', 'any-json'].map(
  (name) => `processor-service/test/core/${name}.test.ts`,
);
const TIMEOUT_MS = 2 * 3_600_000;

console.log(`${histories} histories over ${files.length} files of laws`);
const { status } = spawnSync(
  join(root, 'node_modules', '.bin', 'vitest'),
  ['run', '--project', 'unit', '--reporter=verbose', ...files],
  {
    cwd: root,
    stdio: 'inherit',
    timeout: TIMEOUT_MS,
    env: { ...process.env, LAWS_HISTORIES: String(histories) },
  },
);
process.exitCode = status ?? 1;
