import { RegExpParser } from '@eslint-community/regexpp';
import type { AST } from '@eslint-community/regexpp';
import { isAscii } from './ascii.ts';

/** Texts of which at least one stands in every text a pattern matches; null: nothing can be said. */
export type Cover = readonly string[] | null;

/** Shorter texts tell too little to be looked for. */
const LITERAL_CHARS_MIN = 3;
/** Spellings of one stretch that are followed; beyond that it is cut in two. */
const SPELLINGS_MAX = 24;

/** Whether a literal says enough: three characters, or one that hardly any text has. */
function isTelling(literal: string): boolean {
  return literal.length >= LITERAL_CHARS_MIN || !isAscii(literal);
}

/** How likely a text is to hold one of these by chance: each further character makes it rarer. */
function chance(literals: readonly string[]): number {
  return literals.reduce((sum, literal) => sum + 1 / 8 ** literal.length, 0);
}

function better(held: Cover, next: Cover): Cover {
  if (next === null || !next.every(isTelling)) return held;
  return held === null || chance(next) < chance(held) ? next : held;
}

/** All texts a part of a pattern stands for, where they are few. */
function spellings(element: AST.Element): readonly string[] | null {
  switch (element.type) {
    case 'Character':
      return [String.fromCodePoint(element.value)];
    case 'CharacterClass':
      return classSpellings(element);
    case 'Group':
    case 'CapturingGroup':
      return groupSpellings(element.alternatives);
    case 'Quantifier': {
      if (element.max > 1) return null;
      const inner = spellings(element.element);
      return inner === null || element.min === 1 ? inner : ['', ...inner];
    }
    case 'Assertion':
      // Takes no room: what stands on both sides stands together.
      return [''];
    default:
      return null;
  }
}

function classSpellings(element: AST.CharacterClass): readonly string[] | null {
  if (element.negate) return null;
  const chars: string[] = [];
  for (const part of element.elements) {
    if (part.type !== 'Character') return null;
    chars.push(String.fromCodePoint(part.value));
  }
  return chars.length <= SPELLINGS_MAX ? chars : null;
}

function joined(
  left: readonly string[],
  right: readonly string[] | null,
): readonly string[] | null {
  if (right === null || left.length * right.length > SPELLINGS_MAX) return null;
  return left.flatMap((one) => right.map((other) => one + other));
}

function groupSpellings(alternatives: readonly AST.Alternative[]): readonly string[] | null {
  const all: string[] = [];
  for (const { elements } of alternatives) {
    let run: readonly string[] | null = [''];
    for (const element of elements) {
      run = joined(run, spellings(element));
      if (run === null) return null;
    }
    all.push(...run);
    if (all.length > SPELLINGS_MAX) return null;
  }
  return all;
}

/** The cover of what cannot be spelled out. */
function innerCover(element: AST.Element): Cover {
  if (element.type === 'Group' || element.type === 'CapturingGroup') {
    return coverOfAll(element.alternatives);
  }
  if (element.type !== 'Quantifier' || element.min === 0) return null;
  return better(innerCover(element.element), spellings(element.element));
}

function coverOfOne({ elements }: AST.Alternative): Cover {
  let best: Cover = null;
  let run: readonly string[] = [''];
  for (const element of elements) {
    const spelled = spellings(element);
    const longer = joined(run, spelled);
    if (longer !== null) {
      run = longer;
      continue;
    }
    best = better(best, run);
    if (spelled === null) best = better(best, innerCover(element));
    run = spelled ?? [''];
  }
  return better(best, run);
}

function coverOfAll(alternatives: readonly AST.Alternative[]): Cover {
  const all: string[] = [];
  for (const alternative of alternatives) {
    const cover = coverOfOne(alternative);
    if (cover === null) return null;
    all.push(...cover);
  }
  return all;
}

/** Reads off a pattern what must stand in a text before it is worth trying. */
export function coverOf({ source }: RegExp): Cover {
  const { alternatives } = new RegExpParser().parsePattern(source);
  const cover = coverOfAll(alternatives);
  if (cover === null) return null;
  const each = [...new Set(cover)];
  // Where `quota` is looked for, `disk quota` need not be.
  return each.filter((one) => !each.some((other) => other !== one && one.includes(other)));
}
