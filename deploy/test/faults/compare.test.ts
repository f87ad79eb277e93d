import { describe, expect, test } from 'vitest';
import { compareBags, isEqual, lastByKey, recordTexts } from '../../faults/compare.ts';
import { planKills } from '../../faults/kill-plan.ts';
import { createRandom } from '../../traffic/random.ts';

const published = (key: string, value: string | null, headers = '[]') => ({
  key,
  value: value === null ? null : Buffer.from(value),
  headers,
});

describe('the checker catches', () => {
  const wanted = ['a 1', 'b 1', 'b 2'];
  test.each([
    ['nothing, when all is there in any order', ['b 2', 'a 1', 'b 1'], [], []],
    ['a lost record', ['a 1', 'b 2'], ['b 1'], []],
    ['a doubled record', ['a 1', 'b 1', 'b 2', 'b 2'], [], ['b 2']],
    ['a changed value', ['a 1', 'b 1', 'b 3'], ['b 2'], ['b 3']],
    ['a value at another key', ['a 1', 'a 2', 'b 1'], ['b 2'], ['a 2']],
    ['everything missing', [], wanted, []],
  ])('%s', (_name, found, missing, surplus) => {
    const comparison = compareBags('x', wanted, found);
    expect(comparison).toMatchObject({ missing, surplus, wanted: 3, found: found.length });
    expect(isEqual(comparison)).toBe(missing.length + surplus.length === 0);
  });

  test('a changed header, and a value that is empty instead of none', () => {
    const texts = recordTexts([
      published('k', 'v', '[["a","1"]]'),
      published('k', 'v', '[["a","2"]]'),
      published('k', ''),
      published('k', null),
    ]);
    expect(new Set(texts).size).toBe(4);
  });

  test('the last state of a key, removed ones left out', () => {
    const last = lastByKey([
      published('a', '1'),
      published('b', '1'),
      published('a', '2'),
      published('b', null),
    ]);
    expect([...last].map(([key, value]) => `${key} ${value.toString()}`)).toEqual(['a 2']);
  });
});

describe('the plan of kills', () => {
  const plan = planKills(createRandom('x'), { kills: 20, pauses: 1 }, 20_000);

  test('has as many as asked for, at every step of a checkpoint and from outside', () => {
    const targets = plan.map((kill) => (kill.target === 'failpoint' ? kill.step : kill.target));
    expect(targets).toHaveLength(21);
    for (const target of [
      'begin',
      'send',
      'offsets',
      'commit',
      'store',
      'processor',
      'broker',
      'pause',
    ]) {
      expect(targets).toContain(target);
    }
  });

  test('comes in the order of progress, and depends on the seed alone', () => {
    const moments = plan.flatMap((kill) => (kill.target === 'failpoint' ? [] : [kill.atRecords]));
    expect(moments).toEqual([...moments].sort((a, b) => a - b));
    expect(moments.every((moment) => moment < 20_000)).toBe(true);
    expect(planKills(createRandom('x'), { kills: 20, pauses: 1 }, 20_000)).toEqual(plan);
  });
});
