import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runCase } from './score-case.ts';
import type { ScoreCase } from './score-case.ts';

const file = new URL('./score-examples.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as ScoreCase[];

describe('worked cases of the score definition', () => {
  test('all of them are there', () => {
    expect(cases).toHaveLength(97);
  });

  test.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    const result = runCase(one, Object.keys(one.others ?? {}));
    expect(result.expect).toEqual(one.expect);
    expect(result.profile).toEqual(one.profile);
    expect(result.others).toEqual(one.others ?? {});
    expect(result.next_change).toEqual(one.next_change);
  });
});
