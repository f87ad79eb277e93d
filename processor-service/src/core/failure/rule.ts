import { coverOf } from './cover.ts';
import { nextFound, openSieve, sift } from './grams.ts';
import type { Sieve } from './grams.ts';
import type { FailureText } from './normalise.ts';

/** One rule about how mail servers talk. Patterns have no nested quantifiers and bounded gaps. */
export type Rule = {
  readonly rule: string;
  readonly cls: 'hard' | 'soft' | 'block' | 'unknown' | 'suppressed' | 'consent';
  readonly kind: string;
  readonly confidence: number;
  /** With `about`: global, each place is tried. */
  readonly pattern: RegExp;
  /** What the words of `pattern` are said of: stands shortly before them in the same sentence. */
  readonly about?: RegExp;
  /** What takes the hit back. */
  readonly unless?: RegExp;
  /** A further condition on the codes. */
  readonly when?: (text: FailureText) => boolean;
};

/** How far before the words the thing they are said of may stand. */
const ABOUT_CHARS_MAX = 90;
/** Places of one pattern that are tried. */
const PLACES_MAX = 8;

function standsBefore(text: string, at: number, about: RegExp): boolean {
  const before = text.slice(Math.max(0, at - ABOUT_CHARS_MAX), at);
  const sentence = Math.max(before.lastIndexOf('. '), before.lastIndexOf(';'));
  return about.test(before.slice(sentence + 1));
}

function isSaid({ pattern, about }: Rule, text: string): boolean {
  if (about === undefined) return pattern.test(text);
  pattern.lastIndex = 0;
  for (let places = 0; places < PLACES_MAX; places += 1) {
    const match = pattern.exec(text);
    if (match === null) return false;
    if (standsBefore(text, match.index, about)) return true;
  }
  return false;
}

/** Rules in their order, and what must stand in a text before the pattern of each is worth trying. */
export type RuleBook = { readonly rules: readonly Rule[]; readonly sieve: Sieve };

export function openRuleBook(rules: readonly Rule[]): RuleBook {
  return { rules, sieve: openSieve(rules.map(({ pattern }) => coverOf(pattern))) };
}

/** The first rule that speaks of a text, in the order of the book. */
export function firstHit({ rules, sieve }: RuleBook, read: FailureText): Rule | null {
  const sifted = sift(sieve, read.text);
  for (let at = nextFound(sieve, sifted, 0); at >= 0; at = nextFound(sieve, sifted, at + 1)) {
    const rule = rules[at];
    if (rule === undefined || !isSaid(rule, read.text)) continue;
    if (rule.unless?.test(read.text) === true) continue;
    if (rule.when?.(read) === false) continue;
    return rule;
  }
  return null;
}

/** True when a reply or an enhanced code says that the failure passes. */
export function isTransientCode({ reply, enhanced }: FailureText): boolean {
  return reply?.startsWith('4') === true || enhanced?.startsWith('4') === true;
}
