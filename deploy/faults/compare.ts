import type { TaskCodec } from '@landed/processor-service/task/state-codec';
import type { Sealer } from '@landed/schemas/seal';
import type { Published } from './oracle.ts';

/** One line of the verdict: a set of facts wanted, and the set found. */
export type Comparison = {
  readonly what: string;
  readonly wanted: number;
  readonly found: number;
  readonly missing: readonly string[];
  readonly surplus: readonly string[];
};

/** Compares two bags: what is there twice must be there twice. */
export function compareBags(
  what: string,
  wanted: readonly string[],
  found: readonly string[],
): Comparison {
  const counts = new Map<string, number>();
  for (const item of wanted) counts.set(item, (counts.get(item) ?? 0) + 1);
  const surplus: string[] = [];
  for (const item of found) {
    const left = counts.get(item) ?? 0;
    if (left === 0) surplus.push(item);
    else counts.set(item, left - 1);
  }
  const missing = [...counts].flatMap(([item, left]) => Array<string>(left).fill(item));
  return { what, wanted: wanted.length, found: found.length, missing, surplus };
}

export const isEqual = ({ missing, surplus }: Comparison): boolean =>
  missing.length === 0 && surplus.length === 0;

/** Whole records as text: key, headers, bytes. */
export const recordTexts = (records: readonly Published[]): string[] =>
  records.map(({ key, value, headers }) => `${key} ${headers} ${value?.toString('base64') ?? '-'}`);

/** The last value of each key, removed ones left out. */
export function lastByKey(records: readonly Published[]): ReadonlyMap<string, Buffer> {
  const last = new Map<string, Buffer>();
  for (const { key, value } of records) {
    if (value === null) last.delete(key);
    else last.set(key, value);
  }
  return last;
}

/**
 * Profiles as text. Sealing is random, so the address is compared opened; all else byte by byte, the
 * state included.
 */
export function profileTexts(
  profiles: ReadonlyMap<string, Buffer>,
  codec: Pick<TaskCodec, 'readProfile' | 'writeProfile'>,
  sealer: Pick<Sealer, 'open'>,
): string[] {
  return [...profiles].map(([key, value]) => {
    const profile = codec.readProfile.decode(value);
    const sealed = profile.sealed_address;
    const address = sealed === null ? '-' : sealer.open(sealed).toString();
    const rest = codec.writeProfile({ ...profile, sealed_address: null });
    return `${key} ${address} ${rest.toString('base64')}`;
  });
}

/** Values as they stand, byte by byte. */
export const valueTexts = (values: ReadonlyMap<string, Buffer>): string[] =>
  [...values].map(([key, value]) => `${key} ${value.toString('base64')}`);
