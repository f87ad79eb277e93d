import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Command } from 'commander';
import { wholeNumber } from '../whole-number.ts';

/*
 * `npm run test:laws`: the property tests of the core on many random histories. `npm test` tries
 * 2,000 of them. What fails is printed with the seed and the path that lead there again.
 */

const { histories } = new Command('test:laws')
  .description('Tries the laws of the core on many random histories.')
  .option('--histories <number>', 'how many', wholeNumber(100, 10_000_000), 100_000)
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
