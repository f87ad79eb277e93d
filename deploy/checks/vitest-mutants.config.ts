import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import type { Mutant } from './mutant.ts';

/** The tests of the core, with one place of it written wrong: which, says `LANDED_MUTANT_FILE`. */
const file = process.env['LANDED_MUTANT_FILE'];
if (file === undefined) throw new Error('LANDED_MUTANT_FILE names no file');
const mutant = JSON.parse(readFileSync(file, 'utf8')) as Mutant | null;

export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      transform(code, id) {
        if (mutant === null || !id.endsWith(`/processor-service/src/core/${mutant.file}`)) return;
        // A function, so that no `$` of the text means anything.
        const wrong = code.replace(mutant.from, () => mutant.to);
        if (wrong === code) throw new Error('MUTANT NOT PLANTED');
        return wrong;
      },
    },
  ],
  test: {
    environment: 'node',
    pool: 'threads',
    maxWorkers: 1,
    include: ['processor-service/test/core/**/*.test.ts'],
    // One seed for all random histories: a verdict is the same at each run.
    setupFiles: ['deploy/checks/same-seed.ts'],
    testTimeout: 60_000,
  },
});
