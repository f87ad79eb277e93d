import { hashText } from '../event-id-hash.ts';
import type { InterpretContext } from './context.ts';
import { cut } from './fields.ts';
import { LIMITS } from '../bounds.ts';

/** Names of fields that were cut, in the order they were met. */
export type Truncated = string[];

export function noteCut(truncated: Truncated, name: string): void {
  if (truncated.length < LIMITS.truncatedFields && !truncated.includes(name)) truncated.push(name);
}

/** Free text as it may be stored: addresses masked first, then cut. */
export function cleanText(
  context: InterpretContext,
  truncated: Truncated,
  name: string,
  text: string,
  charsMax: number,
): string {
  let raw = text;
  if (raw.length > LIMITS.rawText) {
    // The last word may be the front half of an address: it goes.
    const kept = cut(raw, LIMITS.rawText);
    raw = kept.slice(0, kept.lastIndexOf(' ') + 1);
  }
  const masked = context.maskAddresses(raw);
  const clean = cut(masked, charsMax);
  if (raw.length < text.length || clean.length < masked.length) noteCut(truncated, name);
  return clean;
}

/** An id as it may be stored: one that holds an address is hashed, a long one shortened. */
export function cleanId(context: InterpretContext, id: string): string {
  if (id.includes('@')) return context.hashAddress(id);
  if (id.length <= LIMITS.id) return id;
  return `${cut(id, LIMITS.id / 2)}~${hashText(id)}`;
}

/** Words and names of fields as senders have them: nothing in them can be an address. */
export const PLAIN_WORD = /^[a-z][a-z0-9_]{0,63}$/;

/** A word of the sender (metric, type, platform) as it may be stored. */
export function cleanWord(context: InterpretContext, word: string): string {
  if (PLAIN_WORD.test(word)) return word;
  return cut(context.maskAddresses(cut(word, LIMITS.text)), LIMITS.word);
}
