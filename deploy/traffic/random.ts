import { createHash } from 'node:crypto';

/** A stream of choices that depends on its seed alone. */
export type Random = {
  /** 0 up to, not including, 1. */
  readonly unit: () => number;
  /** A whole number from `min` to `max`, both included. */
  readonly integer: (min: number, max: number) => number;
  /** True in `share` of all cases, 0 to 1. */
  readonly chance: (share: number) => boolean;
  readonly pick: <T>(list: readonly T[]) => T;
  /** One of the keys, each as often as its weight says. */
  readonly weighted: <K extends string>(weights: Readonly<Partial<Record<K, number>>>) => K;
  /** Characters drawn from `alphabet`. */
  readonly text: (length: number, alphabet: string) => string;
};

/** sfc32, a small generator of good quality: 128 bits of state, 32 bits a step. */
function sfc32(seed: Buffer): () => number {
  let a = seed.readInt32LE(0);
  let b = seed.readInt32LE(4);
  let c = seed.readInt32LE(8);
  let counter = seed.readInt32LE(12);
  return () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
}

/** Choices from a seed, any text. Equal seeds give equal choices, on every machine. */
export function createRandom(seed: string): Random {
  const unit = sfc32(createHash('sha256').update(seed).digest());
  const integer = (min: number, max: number): number => min + Math.floor(unit() * (max - min + 1));
  const pick = <T>(list: readonly T[]): T => {
    if (list.length === 0) throw new RangeError('nothing to pick from');
    return list[integer(0, list.length - 1)] as T;
  };
  return {
    unit,
    integer,
    chance: (share) => unit() < share,
    pick,
    weighted: <K extends string>(weights: Readonly<Partial<Record<K, number>>>): K => {
      const entries = Object.entries(weights) as [K, number][];
      let left = unit() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [key, weight] of entries) {
        left -= weight;
        if (left < 0) return key;
      }
      return pick(entries)[0];
    },
    text: (length, alphabet) =>
      Array.from({ length }, () => alphabet[integer(0, alphabet.length - 1)]).join(''),
  };
}
