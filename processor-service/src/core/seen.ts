import { KEPT } from './bounds.ts';
import type { IdHash } from './event-id-hash.ts';

/**
 * Event ids that were folded: triples `ts, high, low` of the id's 64-bit hash, ascending. Of all ids
 * not older than the delivery window the greatest 512 by (ts, hash) are kept, whatever the order in
 * which they came; ids leave when they age, so that the content is a function of the events alone.
 */
export type SeenIds = readonly number[];

export const NOTHING_SEEN: SeenIds = [];

const STRIDE = 3;

export function wasSeen(seen: SeenIds, { high, low }: IdHash): boolean {
  for (let at = 1; at < seen.length; at += STRIDE) {
    if (seen[at] === high && seen[at + 1] === low) return true;
  }
  return false;
}

export type Remembered = {
  readonly seen: SeenIds;
  /** More ids came than are kept, and this one is older than all of them: it may be a repetition. */
  readonly isUncertain: boolean;
};

/** Adds an id that `wasSeen` denied. `high` and `low`: the hash of the id. */
export function remember(seen: SeenIds, { high, low }: IdHash, ts: number): Remembered {
  let at = seen.length;
  while (at > 0) {
    const order =
      (seen[at - 3] ?? 0) - ts || (seen[at - 2] ?? 0) - high || (seen[at - 1] ?? 0) - low;
    if (order < 0) break;
    at -= STRIDE;
  }
  const isFull = seen.length >= KEPT.seenIds * STRIDE;
  if (isFull && at === 0) return { seen, isUncertain: true };
  const kept = seen.slice(isFull ? STRIDE : 0, at);
  kept.push(ts, high, low);
  for (let next = at; next < seen.length; next += 1) kept.push(seen[next] ?? 0);
  return { seen: kept, isUncertain: false };
}

/** Earliest instant among the ids, or null. */
export function oldestSeen(seen: SeenIds): number | null {
  return seen[0] ?? null;
}

/** Without the ids of events before `cutoff`. */
export function forgetBefore(seen: SeenIds, cutoff: number): SeenIds {
  let at = 0;
  while (at < seen.length && (seen[at] ?? 0) < cutoff) at += STRIDE;
  return at === 0 ? seen : seen.slice(at);
}
