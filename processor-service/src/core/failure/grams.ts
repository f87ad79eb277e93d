import type { Cover } from './cover.ts';

/**
 * Which groups of three characters stand in a text, as a set of bits: two groups may share one, so
 * it says for certain only what does not stand there.
 */
export type Grams = Uint32Array;

const BITS = 8192;
/** One more: the text has a character beyond ASCII. */
const BEYOND_ASCII = BITS;
const WORDS = BITS / 32 + 1;

function place(a: number, b: number, c: number): number {
  return (a * 961 + b * 31 + c) & (BITS - 1);
}

export function readGrams(text: string): Grams {
  const grams = new Uint32Array(WORDS);
  let a = 0;
  let b = 0;
  for (let at = 0; at < text.length; at += 1) {
    const c = text.charCodeAt(at);
    if (c > 127) grams[WORDS - 1] = 1;
    const bit = place(a, b, c);
    grams[bit >>> 5] = (grams[bit >>> 5] ?? 0) | (1 << (bit & 31));
    a = b;
    b = c;
  }
  return grams;
}

/** A cover as bits: three for each of its texts, from its beginning, middle and end. */
export type CoverBits = Int32Array | null;

function bitsOf(literal: string): readonly [number, number, number] {
  for (let at = 0; at < literal.length; at += 1) {
    if (literal.charCodeAt(at) > 127) return [BEYOND_ASCII, BEYOND_ASCII, BEYOND_ASCII];
  }
  const gram = (at: number): number =>
    place(literal.charCodeAt(at), literal.charCodeAt(at + 1), literal.charCodeAt(at + 2));
  const last = literal.length - 3;
  // The end first: words begin alike more often than they end alike.
  return [gram(last), gram(0), gram(last >> 1)];
}

export function coverBits(cover: Cover): CoverBits {
  return cover === null ? null : Int32Array.from(cover.flatMap(bitsOf));
}

/** False only if none of the cover's texts stands in the text. */
export function mayHold(grams: Grams, cover: CoverBits): boolean {
  if (cover === null) return true;
  for (let at = 0; at < cover.length; at += 3) {
    let bit = cover[at] ?? 0;
    if (((grams[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) continue;
    bit = cover[at + 1] ?? 0;
    if (((grams[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) continue;
    bit = cover[at + 2] ?? 0;
    if (((grams[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0) return true;
  }
  return false;
}
