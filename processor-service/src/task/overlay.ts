import type { Delivery, Profile } from '@landed/schemas/events.gen';
import type { Decoder } from '@landed/schemas/codec';
import { deliveryOf } from '../core/person.ts';
import { deliveryRecord, profileRecord, readKnownPerson, unknownPerson } from './known-person.ts';
import type { KnownPerson } from './known-person.ts';
import { deliveryKey } from '@landed/schemas/key';
import type { OutputRecord } from './output.ts';
import type { ProfileWrite, Store, StoreWrites } from './store/store.ts';

/** Reading and writing state records. Schemas of all stored values are prepared beforehand. */
export type StateCodec = {
  readonly readProfile: Pick<Decoder<Profile>, 'decode'>;
  readonly readDelivery: Pick<Decoder<Delivery>, 'decode'>;
  readonly writeProfile: (value: Profile) => Buffer;
  readonly writeDelivery: (value: Delivery) => Buffer;
  /** Fingerprint of the key addresses are hashed with. */
  readonly hashKey: string;
};

export type StateOutput = {
  readonly records: readonly OutputRecord[];
  readonly writes: StoreWrites;
};

/**
 * The persons a turn has touched, before any of it is committed. Dropping the overlay leaves the store
 * as it was. Each person is written once, however many events of the turn changed them.
 */
export interface Overlay {
  readonly get: (key: string) => KnownPerson;
  /** Sets a person, and which deliveries must be written or removed with them. */
  readonly put: (key: string, known: KnownPerson, deliveryIds: readonly string[]) => void;
  /** Everything changed, as records of the state topics and as writes for the store. */
  readonly output: () => StateOutput;
}

type Entry = {
  known: KnownPerson;
  /** Deliveries to write or remove, each with the clock of the record that changed it last. */
  readonly deliveryClocks: Map<string, number>;
  isChanged: boolean;
};

export type OverlayDeps = {
  readonly store: Pick<Store, 'profile' | 'deliveries'>;
  readonly codec: StateCodec;
  readonly partition: number;
  readonly topics: { readonly profiles: string; readonly deliveries: string };
};

/** What the store knows of a person. Throws what `readKnownPerson` and the decoders throw. */
export function loadPerson(deps: Pick<OverlayDeps, 'store' | 'codec'>, key: string): KnownPerson {
  const bytes = deps.store.profile(key);
  if (bytes === null) return unknownPerson();
  const { readProfile, readDelivery } = deps.codec;
  const deliveries = deps.store.deliveries(key).map((value) => readDelivery.decode(value));
  return readKnownPerson(readProfile.decode(bytes), deliveries);
}

export function createOverlay(deps: OverlayDeps): Overlay {
  const entries = new Map<string, Entry>();
  const { codec, partition, topics } = deps;

  const entryOf = (key: string): Entry => {
    const held = entries.get(key);
    if (held) return held;
    const entry: Entry = {
      known: loadPerson(deps, key),
      deliveryClocks: new Map(),
      isChanged: false,
    };
    entries.set(key, entry);
    return entry;
  };

  return {
    get: (key) => entryOf(key).known,
    put: (key, known, deliveryIds) => {
      const entry = entryOf(key);
      entry.known = known;
      entry.isChanged = true;
      for (const id of deliveryIds) entry.deliveryClocks.set(id, known.updatedAt);
    },
    output: () => {
      const records: OutputRecord[] = [];
      const profiles = new Map<string, ProfileWrite>();
      const deliveries = new Map<string, Buffer | null>();
      for (const [key, { known, deliveryClocks, isChanged }] of entries) {
        if (!isChanged) continue;
        const value = codec.writeProfile(profileRecord(key, known, codec.hashKey));
        profiles.set(key, { value, timerAt: known.timerAt });
        records.push({ topic: topics.profiles, partition, key, value });
        for (const [id, clock] of deliveryClocks) {
          const delivery = deliveryOf(known.person, id);
          // No longer there: settled, and removed from the topic too.
          const bytes = delivery ? codec.writeDelivery(deliveryRecord(key, delivery, clock)) : null;
          const recordKey = deliveryKey(key, id);
          deliveries.set(recordKey, bytes);
          records.push({ topic: topics.deliveries, partition, key: recordKey, value: bytes });
        }
      }
      return { records, writes: { profiles, deliveries } };
    },
  };
}
