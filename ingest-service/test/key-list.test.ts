import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { coveredUntil, parseSigningKeys } from '../src/key-list.ts';
import type { KeyTime } from '../src/key-list.ts';

const A = 'cio-test-signing-key-1';
const B = 'cio-test-signing-key-2';
const schema = z.string().transform(parseSigningKeys);
const problemsOf = (text: string): string[] =>
  schema.safeParse(text).error?.issues.map((issue) => issue.message) ?? [];
const ALWAYS: KeyTime = { notBefore: -Infinity, notAfter: Infinity };

describe('parseSigningKeys', () => {
  test('the compact form: keys without a time', () => {
    expect([...schema.parse(`acme:${A},${B}`)]).toEqual([
      [
        'acme',
        [
          { secret: A, ...ALWAYS },
          { secret: B, ...ALWAYS },
        ],
      ],
    ]);
  });

  test('the JSON form: order is age, an instant in any zone', () => {
    const text = JSON.stringify([
      { workspace: 'acme', key: A, not_after: '2027-01-31T13:00:00+01:00' },
      { workspace: 'shop', key: A },
      { workspace: 'acme', key: B, not_before: '2027-01-01T00:00:00.5Z' },
    ]);
    expect([...schema.parse(text)]).toEqual([
      [
        'acme',
        [
          { secret: A, notBefore: -Infinity, notAfter: Date.UTC(2027, 0, 31, 12) },
          { secret: B, notBefore: Date.UTC(2027, 0, 1, 0, 0, 0, 500), notAfter: Infinity },
        ],
      ],
      ['shop', [{ secret: A, ...ALWAYS }]],
    ]);
  });

  const entry = { workspace: 'acme', key: A };
  test.each([
    ['no JSON', `[{"workspace":"acme","key":"${A}"`, ['begins with [ but is not JSON']],
    ['an empty list', [], ['the list names no key']],
    ['a text for an entry', [A], ['entry 1: must be an object of workspace']],
    ['no key', [{ workspace: 'acme' }], ['entry 1: key must be a text, is missing']],
    ['a number for a key', [{ ...entry, key: 12345678 }], ['entry 1: key must be a text, is a']],
    ['a short key', [entry, { ...entry, key: 'tiger' }], ['entry 2: key has 5 characters']],
    ['white space', [{ ...entry, key: `${A} ` }], ['entry 1: key holds white space']],
    ['no workspace', [{ key: A }], ['entry 1: workspace must be a text, is missing']],
    ['a bad workspace', [{ ...entry, workspace: 'a b' }], ['entry 1: workspace must be of']],
    ['a field more', [{ ...entry, [A]: 1 }], ['entry 1: has a field beside workspace, key']],
    [
      'an instant without zone',
      [{ ...entry, not_after: '2027-01-31T12:00:00' }],
      ['entry 1: not_after must be an instant with its zone, like 2027-01-31T12:00:00Z, is 19'],
    ],
    ['a number of seconds', [{ ...entry, not_before: 1 }], ['entry 1: not_before must be an']],
    ['a day that is none', [{ ...entry, not_before: '2027-02-30T00:00:00Z' }], ['entry 1: not_b']],
    [
      'an end before the beginning',
      [{ ...entry, not_before: '2027-01-02T00:00:00Z', not_after: '2027-01-01T00:00:00Z' }],
      ['entry 1: not_before must be earlier than not_after'],
    ],
    ['a key twice', [entry, entry], ['entry 2: key of workspace "acme" stands twice']],
    [
      'more keys than a call may cost',
      Array.from({ length: 17 }, (_, at) => ({ ...entry, key: `${A}-${at}` })),
      ['entry 17: workspace "acme" has more than 16 keys'],
    ],
    [
      'several at once',
      [{ workspace: 'acme', key: 'x' }, { key: A }],
      ['entry 1: key has', 'entry 2: workspace must be'],
    ],
  ])('refuses %s', (_name, given, expected) => {
    const problems = problemsOf(typeof given === 'string' ? given : JSON.stringify(given));
    expect(problems).toHaveLength(expected.length);
    for (const [at, start] of expected.entries()) expect(problems[at]).toContain(start);
    expect(problems.join()).not.toMatch(/cio-test|tiger/);
  });
});

describe('coveredUntil', () => {
  test.each<[string, readonly KeyTime[], number]>([
    ['no keys', [], 100],
    ['a key without an end', [ALWAYS], Infinity],
    ['a key with an end', [{ ...ALWAYS, notAfter: 200 }], 201],
    [
      'one that takes over',
      [
        { ...ALWAYS, notAfter: 200 },
        { ...ALWAYS, notBefore: 150 },
      ],
      Infinity,
    ],
    [
      'one that takes over to the millisecond',
      [
        { ...ALWAYS, notAfter: 200 },
        { notBefore: 201, notAfter: 300 },
      ],
      301,
    ],
    [
      'a gap',
      [
        { ...ALWAYS, notAfter: 200 },
        { ...ALWAYS, notBefore: 202 },
      ],
      201,
    ],
    ['over', [{ ...ALWAYS, notAfter: 99 }], 100],
    ['to come', [{ ...ALWAYS, notBefore: 101 }], 100],
  ])('%s', (_name, keys, until) => {
    expect(coveredUntil(keys, 100)).toBe(until);
  });
});
