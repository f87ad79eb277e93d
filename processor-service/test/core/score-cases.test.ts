import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runCase } from '../../src/commands/score-case.ts';
import type { CaseResult, ScoreCase } from '../../src/commands/score-case.ts';

const file = new URL('./score-examples.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as (ScoreCase &
  Omit<CaseResult, 'others'> &
  Partial<Pick<CaseResult, 'others'>>)[];

describe('worked cases of the score definition', () => {
  test('all of them are there', () => {
    expect(cases).toHaveLength(97);
  });

  test.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    const result = runCase(one);
    expect(result.expect).toEqual(one.expect);
    expect(result.profile).toEqual(one.profile);
    expect(result.others).toEqual(one.others ?? {});
    expect(result.next_change).toEqual(one.next_change);
  });
});
