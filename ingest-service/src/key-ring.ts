import type { KeyTime, TimedKey } from './key-list.ts';
import { signingKey } from './signing-keys.ts';
import type { SigningKey } from './verify.ts';

/** Why a key proves nothing at an instant. Label of a metric. */
export type Untimely = 'not_yet_valid' | 'expired';

/** A signing key and its time, ms, both ends included. */
export type RingKey = SigningKey & KeyTime;

/** The keys of a workspace at an instant. */
export type KeysNow = {
  /** All of them: a digest is made for each, so that a call by one outside its time is noticed. */
  readonly tried: readonly RingKey[];
  /** What is wrong with the time of one of them; null: it is valid. */
  readonly faultOf: (key: SigningKey) => Untimely | null;
  /** The newest of the valid ones, which the sender is meant to use. */
  readonly newest: RingKey | undefined;
};

export type KeyRing = {
  readonly keys: readonly RingKey[];
  /** Cheap: worked out anew only when a key has begun or ended since the last call. */
  readonly at: (now: number) => KeysNow;
};

function keysAt(keys: readonly RingKey[], now: number): KeysNow {
  const faults = new Map<SigningKey, Untimely>();
  for (const key of keys) {
    if (now < key.notBefore) faults.set(key, 'not_yet_valid');
    else if (now > key.notAfter) faults.set(key, 'expired');
  }
  return {
    tried: keys,
    faultOf: (key) => faults.get(key) ?? null,
    newest: keys.findLast((key) => !faults.has(key)),
  };
}

/** The keys of a workspace, oldest first, and which of them are valid when. */
export function createKeyRing(timedKeys: readonly TimedKey[]): KeyRing {
  const keys = timedKeys.map(({ secret, notBefore, notAfter }) => ({
    ...signingKey(secret),
    notBefore,
    notAfter,
  }));
  const changes = keys.flatMap(({ notBefore, notAfter }) => [notBefore, notAfter + 1]);
  let from = Infinity;
  let until = -Infinity;
  let current = keysAt(keys, 0);
  return {
    keys,
    at: (now) => {
      // A clock may also be set back.
      if (now < from || now >= until) {
        from = Math.max(...changes.filter((change) => change <= now), -Infinity);
        until = Math.min(...changes.filter((change) => change > now), Infinity);
        current = keysAt(keys, now);
      }
      return current;
    },
  };
}
