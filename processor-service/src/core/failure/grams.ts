import { isAscii } from './ascii.ts';
import type { Cover } from './cover.ts';

/**
 * Groups of three characters stand for numbers below `PLACES`. Two groups may share one, so a number
 * says for certain only what does not stand in a text.
 */
const PLACES = 8192;
const LITERAL_CHARS = 3;

function placeOf(a: number, b: number, c: number): number {
  return (a * 961 + b * 31 + c) & (PLACES - 1);
}

/** Which texts to look for on behalf of whom, by the places of three of their characters. */
export type Sieve = {
  /** Seekers that wait for a place, 32 to a word, `words` words to a place. */
  readonly waiting: Int32Array;
  readonly words: number;
  /** Those to ask anyway, and those to ask when a text goes beyond ASCII. */
  readonly always: Int32Array;
  readonly beyondAscii: Int32Array;
  /** Of each seeker the places of its ASCII texts, three of each; null where nothing can be said. */
  readonly marks: readonly (Int32Array | null)[];
  readonly scratch: Uint32Array;
  /** 1 where anybody waits: small enough to stay at hand. */
  readonly isWaited: Uint8Array;
};

/**
 * A text gone through: who waits for a place in it, and all its places, as bits. Holds until the
 * sieve goes through the next text, which writes over it: an array of this size is dear to make.
 */
export type Sifted = {
  readonly found: Int32Array;
  readonly held: Uint32Array;
  readonly isAscii: boolean;
};

function add(bits: Int32Array, from: number, seeker: number): void {
  const at = from + (seeker >>> 5);
  bits[at] = (bits[at] ?? 0) | (1 << (seeker & 31));
}

/** Places of a text, from its beginning to its end. */
function placesOf(text: string): number[] {
  const places: number[] = [];
  for (let at = 0; at + LITERAL_CHARS <= text.length; at += 1) {
    places.push(placeOf(text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2)));
  }
  return places;
}

/** How many texts each place stands in: the fewer, the more it tells. */
function countPlaces(texts: readonly string[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const text of texts) {
    for (const place of new Set(placesOf(text))) counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
}

/** Three places of each ASCII text: from its end, its beginning and its middle. */
function marksOf(cover: Cover): Int32Array | null {
  if (cover === null) return null;
  return Int32Array.from(
    cover.filter(isAscii).flatMap((text) => {
      const places = placesOf(text);
      return [places.at(-1) ?? 0, places[0] ?? 0, places[places.length >> 1] ?? 0];
    }),
  );
}

/** Makes a sieve: for each text of each cover one place, the rarest among all texts. */
export function openSieve(covers: readonly Cover[]): Sieve {
  const words = Math.ceil(covers.length / 32);
  const waiting = new Int32Array(PLACES * words);
  const isWaited = new Uint8Array(PLACES);
  const always = new Int32Array(words);
  const beyondAscii = new Int32Array(words);
  const counts = countPlaces(covers.flatMap((cover) => cover ?? []));
  covers.forEach((cover, seeker) => {
    if (cover === null) add(always, 0, seeker);
    for (const text of cover ?? []) {
      if (!isAscii(text)) {
        add(beyondAscii, 0, seeker);
        continue;
      }
      const [rarest] = placesOf(text).sort(
        (a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0) || a - b,
      );
      add(waiting, (rarest ?? 0) * words, seeker);
      isWaited[rarest ?? 0] = 1;
    }
  });
  return {
    waiting,
    words,
    always,
    beyondAscii,
    marks: covers.map(marksOf),
    scratch: new Uint32Array(PLACES / 32),
    isWaited,
  };
}

/** False when nobody waits for anything in an ASCII text: the cheaper half of `sift`. */
export function isWorthSifting({ isWaited }: Sieve, text: string): boolean {
  let a = 0;
  let b = 0;
  for (let at = 0; at < text.length; at += 1) {
    const c = text.charCodeAt(at);
    if (isWaited[placeOf(a, b, c)] === 1 || c > 127) return true;
    a = b;
    b = c;
  }
  return false;
}

/**
 * Goes through a text once.
 *
 * @returns the seekers one of whose texts may stand in it; all others have none there
 */
export function sift(sieve: Sieve, text: string): Sifted {
  const { waiting, words, always, beyondAscii, isWaited, scratch: held } = sieve;
  const found = always.slice();
  held.fill(0);
  let a = 0;
  let b = 0;
  let widest = 0;
  for (let at = 0; at < text.length; at += 1) {
    const c = text.charCodeAt(at);
    widest |= c;
    const place = placeOf(a, b, c);
    held[place >>> 5] = (held[place >>> 5] ?? 0) | (1 << (place & 31));
    a = b;
    b = c;
    if (isWaited[place] === 0) continue;
    for (let word = 0; word < words; word += 1) {
      found[word] = (found[word] ?? 0) | (waiting[place * words + word] ?? 0);
    }
  }
  if (widest > 127) {
    for (let word = 0; word < words; word += 1) {
      found[word] = (found[word] ?? 0) | (beyondAscii[word] ?? 0);
    }
  }
  return { found, held, isAscii: widest <= 127 };
}

const isSet = (bits: Int32Array | Uint32Array, at: number): boolean =>
  ((bits[at >>> 5] ?? 0) & (1 << (at & 31))) !== 0;

/** A closer look at one seeker: whether all marks of one of its texts stand in the text. */
function mayHold(
  { marks, beyondAscii }: Sieve,
  { held, isAscii: isPlain }: Sifted,
  seeker: number,
): boolean {
  const places = marks[seeker] ?? null;
  if (places === null || (!isPlain && isSet(beyondAscii, seeker))) return true;
  for (let at = 0; at < places.length; at += 3) {
    if (!isSet(held, places[at] ?? 0)) continue;
    if (isSet(held, places[at + 1] ?? 0) && isSet(held, places[at + 2] ?? 0)) return true;
  }
  return false;
}

/** The next bit at or after `from`; -1 when there is none. */
function nextBit(bits: Int32Array, from: number): number {
  let word = from >>> 5;
  let rest = (bits[word] ?? 0) & (-1 << (from & 31));
  while (rest === 0) {
    word += 1;
    if (word >= bits.length) return -1;
    rest = bits[word] ?? 0;
  }
  return (word << 5) + 31 - Math.clz32(rest & -rest);
}

/** The first seeker at or after `from` that should look for itself; -1 when there is none. */
export function nextFound(sieve: Sieve, sifted: Sifted, from: number): number {
  let seeker = nextBit(sifted.found, from);
  while (seeker >= 0 && !mayHold(sieve, sifted, seeker)) seeker = nextBit(sifted.found, seeker + 1);
  return seeker;
}
