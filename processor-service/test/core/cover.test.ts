import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coverOf } from '../../src/core/failure/cover.ts';
import { EMAIL_RULES } from '../../src/core/failure/email.ts';
import { nextFound, openSieve, sift } from '../../src/core/failure/grams.ts';
import { normaliseFailure } from '../../src/core/failure/normalise.ts';
import { PUSH_RULES, TEXT_MESSAGE_RULES } from '../../src/core/failure/rules-text-message.ts';

const RULES = [...EMAIL_RULES, ...TEXT_MESSAGE_RULES, ...PUSH_RULES];

/** Stretches of the patterns themselves, so that random texts come near to what they match. */
const STRETCHES = [
  ...new Set(RULES.flatMap(({ pattern }) => pattern.source.split(/[()|?:[\]{}*+\\]+/))),
].filter((text) => text !== '');

describe('the cover of a pattern', () => {
  test.each([
    [/full/, ['full']],
    [/mail ?box|inbox/, ['mailbox', 'mail box', 'inbox']],
    [/\bfull (?:mail|in)box\b/, ['full mailbox', 'full inbox']],
    [/over (?:\S+ ){0,3}quotas/, ['quotas']],
    [/(?:user|mailbox)(?: is){1,2} gone/, [' gone']],
    [/quota|disk quota/, ['quota']],
    [/gr[ae]y-?list/, ['graylist', 'gray-list', 'greylist', 'grey-list']],
    [/a\d|full/, null],
    [/(?:spam)?/, null],
    [/ip|容/, null],
    [/容/, ['容']],
  ])('%s', (pattern, cover) => {
    expect(coverOf(pattern)).toEqual(cover);
  });

  test('is known for nearly every rule: without one a pattern is tried on every text', () => {
    const without = RULES.filter(({ pattern }) => coverOf(pattern) === null);
    expect(without.map(({ rule }) => rule)).toEqual(['push.transient']);
  });

  test('never hides a text its pattern matches', () => {
    const sieve = openSieve(RULES.map(({ pattern }) => coverOf(pattern)));
    // Without the flag `g`, which would go on from the last hit.
    const patterns = RULES.map(
      ({ pattern }) => new RegExp(pattern.source, pattern.unicode ? 'u' : ''),
    );
    const stretch = fc.constantFrom(...STRETCHES, ' ', ' ', 'user', 'is', '550', 'x', 'ö');
    const texts = fc.array(stretch, { minLength: 1, maxLength: 30 }).map((list) => list.join(''));
    let hits = 0;
    fc.assert(
      fc.property(texts, (raw) => {
        const { text } = normaliseFailure(raw);
        const sifted = sift(sieve, text);
        patterns.forEach((pattern, at) => {
          if (!pattern.test(text)) return;
          hits += 1;
          if (nextFound(sieve, sifted, at) !== at)
            expect([RULES[at]?.rule, text]).toBe('let through');
        });
      }),
      { numRuns: 2000 },
    );
    expect(hits).toBeGreaterThan(2000);
  });

  test('lets most patterns pass over a text that says nothing to them', () => {
    const sieve = openSieve(RULES.map(({ pattern }) => coverOf(pattern)));
    const sifted = sift(sieve, '550 5.1.1 no such user here');
    let tried = 0;
    for (let at = nextFound(sieve, sifted, 0); at >= 0; at = nextFound(sieve, sifted, at + 1)) {
      tried += 1;
    }
    expect(tried).toBeLessThan(RULES.length / 4);
  });
});
