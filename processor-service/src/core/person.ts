import type { Identifiers } from '@landed/schemas/events.gen';
import type { DeliveryState } from './delivery.ts';
import { EMPTY_PROFILE } from './profile.ts';
import type { Names, ProfileState } from './profile.ts';

/** Everything known of one person: the profile, and the deliveries that can still change. */
export type PersonState = {
  readonly profile: ProfileState;
  /** All of them, each id once, in no order: settling needs the complete set. */
  readonly deliveries: readonly DeliveryState[];
};

/** One delivery of a person, by its id. */
export function deliveryOf({ deliveries }: PersonState, deliveryId: string): DeliveryState | null {
  for (const delivery of deliveries) if (delivery.deliveryId === deliveryId) return delivery;
  return null;
}

const EMPTY_PERSON: PersonState = { profile: EMPTY_PROFILE, deliveries: [] };

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
