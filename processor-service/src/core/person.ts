import type { Identifiers } from '@landed/schemas/events.gen';
import type { DeliveryState } from './delivery.ts';
import { EMPTY_PROFILE } from './profile.ts';
import type { Names, ProfileState } from './profile.ts';

/** Everything known of one person: the profile, and the deliveries that can still change. */
export type PersonState = {
  readonly profile: ProfileState;
  /** All of them, each id once, in no order: settling needs the complete set. */
  readonly deliveries: readonly DeliveryState[];
  /** Those of them with clicks or failures: few, and all that most questions are about. */
  readonly telling: readonly DeliveryState[];
  /** No delivery holds anything older; Infinity without one. */
  readonly oldest: number;
};

export function isTelling({ hasClicks, hasFails }: DeliveryState): boolean {
  return hasClicks || hasFails;
}

/** Puts a person together from a profile and all of the deliveries. */
export function makePerson(
  profile: ProfileState,
  deliveries: readonly DeliveryState[],
): PersonState {
  let oldest = Infinity;
  for (const delivery of deliveries) oldest = Math.min(oldest, delivery.oldest);
  return { profile, deliveries, telling: deliveries.filter(isTelling), oldest };
}

/** One delivery of a person, by its id. */
export function deliveryOf(person: PersonState, deliveryId: string): DeliveryState | null {
  return person.deliveries[indexOfDelivery(person, deliveryId)] ?? null;
}

/** Where a delivery stands among those of a person; -1 where it is none of them. */
export function indexOfDelivery({ deliveries }: PersonState, deliveryId: string): number {
  for (let at = deliveries.length - 1; at >= 0; at -= 1) {
    if (deliveries[at]?.deliveryId === deliveryId) return at;
  }
  return -1;
}

const EMPTY_PERSON: PersonState = makePerson(EMPTY_PROFILE, []);

/** A person nothing is known about. */
export function emptyPerson(): PersonState {
  return EMPTY_PERSON;
}

function latestName(names: Names): string | null {
  return names.at(-1)?.name ?? null;
}

/** The latest names of a person, for profile records and score changes. */
export function identifiersOf(profile: ProfileState): Identifiers {
  const current = profile.channels.email.current?.to ?? '';
  return {
    customer_id: latestName(profile.customerIds),
    cio_id: latestName(profile.cioIds),
    email_hash: current === '' ? latestName(profile.emailHashes) : current,
  };
}
