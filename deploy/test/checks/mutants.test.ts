import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MUTANTS } from '../../checks/mutant-list.ts';

const core = new URL('../../../processor-service/src/core/', import.meta.url);

describe('wrong versions of the core', () => {
  test.each(MUTANTS.map((one) => [one.file, one.what, one] as const))(
    '%s: %s can be planted',
    (file, _, { from, to }) => {
      const parts = readFileSync(new URL(file, core), 'utf8').split(from);
      expect(parts).toHaveLength(2);
      expect(to).not.toBe(from);
    },
  );

  test('are many, and each is another one', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(20);
    expect(new Set(MUTANTS.map(({ file, from, to }) => `${file} ${from} ${to}`)).size).toBe(
      MUTANTS.length,
    );
  });
});
