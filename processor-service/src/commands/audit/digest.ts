import { hash } from 'node:crypto';

/** 52 bits of SHA-1 as a number: enough to tell some ten million things apart, and cheap to keep. */
export function digest(text: string): number {
  return Number.parseInt(hash('sha1', text).slice(0, 13), 16);
}

/** One digest for several texts; none of ours holds the separator. */
export const digestOf = (...parts: readonly string[]): number => digest(parts.join('\u0000'));
