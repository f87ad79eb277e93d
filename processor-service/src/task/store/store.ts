/*
 * The local store of one partition: the last state record of every person and delivery, exactly as it
 * stands in the state topics, and an index of timers. It is a cache of those topics and nothing else:
 * it may be thrown away at any time and is then restored from them.
 */

/** How far the store is: what it already contains, and where each log goes on. */
export type Checkpoint = {
  /** Raw offset to go on from; null while it is not known. */
  readonly inputNext: bigint | null;
  /** Clock of the partition at `inputNext`, ms. */
  readonly clock: number;
  readonly profilesNext: bigint;
  readonly deliveriesNext: bigint;
  /** Wall time of the write, ms. */
  readonly writtenAt: number;
  /** Schema ids found in stored values: their schemas are needed before values are decoded. */
  readonly schemaIds: readonly number[];
};

export type ProfileWrite = { readonly value: Buffer; readonly timerAt: number | null };

/** Last values by key; null removes. Delivery keys are those of the topic: profile key, `#`, id. */
export type StoreWrites = {
  readonly profiles: ReadonlyMap<string, ProfileWrite | null>;
  readonly deliveries: ReadonlyMap<string, Buffer | null>;
};

export type Timer = { readonly at: number; readonly key: string };

export interface Store {
  readonly checkpoint: () => Checkpoint | null;
  /** Value of the profile record; null when nothing is known of this key. */
  readonly profile: (key: string) => Buffer | null;
  /** Values of all delivery records of a profile, by delivery key order. */
  readonly deliveries: (profileKey: string) => readonly Buffer[];
  /** Timers up to and including an instant, ordered by instant, then key bytes. */
  readonly timersUntil: (instant: number, limit: number) => readonly Timer[];
  readonly firstTimer: () => Timer | null;
  /** Writes and checkpoint in one transaction: all or nothing. */
  readonly apply: (writes: StoreWrites, checkpoint: Checkpoint) => void;
  /** Every profile and delivery value, for comparison. */
  readonly dump: () => Iterable<{ readonly key: string; readonly value: Buffer }>;
  readonly close: () => Promise<void>;
}

/** Profile key, NUL, delivery id: no key is then the beginning of another person's. */
export const SEPARATOR = '\u0000';

/** Splits a delivery key of the topic: ids never hold a `#`, profile keys may. */
export function storedDeliveryKey(topicKey: string): string {
  const at = topicKey.lastIndexOf('#');
  return `${topicKey.slice(0, at)}${SEPARATOR}${topicKey.slice(at + 1)}`;
}
