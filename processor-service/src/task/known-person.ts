import { OperationError } from '@landed/schemas/fate';
import type { Delivery, Profile, View } from '@landed/schemas/events.gen';
import { workspaceOf } from '@landed/schemas/key';
import {
  LAYOUT_VERSION,
  decodeDeliveryState,
  decodeProfileState,
  encodeDeliveryState,
  encodeProfileState,
} from '../core/codec.ts';
import type { DeliveryState } from '../core/delivery.ts';
import { RULES_VERSION } from '../core/interpret.ts';
import { emptyPerson, identifiersOf, makePerson } from '../core/person.ts';
import type { PersonState } from '../core/person.ts';
import { nextChange } from '../core/timer.ts';
import { SCORE_VERSION, view } from '../core/view.ts';

/** What is known of one person: the state, what was last published of it, and the timer. */
export type KnownPerson = {
  readonly person: PersonState;
  /** Version of the last score change, 0 before the first. */
  readonly version: number;
  readonly publishedAt: number | null;
  /** The view last published; of a new person that of somebody nothing is known about. */
  readonly view: View;
  readonly timerAt: number | null;
  /** Instant of the last look: clock of an event, or instant of a timer. */
  readonly lookedAt: number;
  /** Clock of the last raw record that changed the state. */
  readonly updatedAt: number;
  readonly sealedAddress: Buffer | null;
};

/** Somebody nothing is known about. */
export function unknownPerson(): KnownPerson {
  const person = emptyPerson();
  return {
    person,
    version: 0,
    publishedAt: null,
    view: view(person, 0),
    timerAt: null,
    lookedAt: 0,
    updatedAt: 0,
    sealedAddress: null,
  };
}

const unreadable = (what: string): OperationError =>
  new OperationError(`the state of ${what} is in a layout this program does not know`, {
    retriable: false,
  });

/**
 * What the state records of one person say.
 *
 * @throws OperationError, not retriable, when a newer program wrote them
 */
export function readKnownPerson(profile: Profile, deliveries: readonly Delivery[]): KnownPerson {
  const state = decodeProfileState(profile.state);
  if (state === null) throw unreadable('a profile');
  const read = deliveries.map((record): DeliveryState => {
    const delivery = decodeDeliveryState(record.delivery_id, record.state);
    if (delivery === null) throw unreadable('a delivery');
    return delivery;
  });
  return {
    person: makePerson(state, read),
    version: profile.version,
    publishedAt: profile.published_at,
    view: profile.view,
    timerAt: profile.timer_at,
    // Only used after a new look, which sets it.
    lookedAt: 0,
    updatedAt: profile.updated_at,
    sealedAddress: profile.sealed_address === null ? null : Buffer.from(profile.sealed_address),
  };
}

/** The profile record of a person after a look. */
export function profileRecord(key: string, known: KnownPerson, hashKey: string): Profile {
  return {
    workspace: workspaceOf(key),
    profile_id: key,
    identifiers: identifiersOf(known.person.profile),
    version: known.version,
    published_at: known.publishedAt,
    view: known.view,
    next_change_at: nextChange(known.person, known.lookedAt)?.at ?? null,
    timer_at: known.timerAt,
    updated_at: known.updatedAt,
    state: encodeProfileState(known.person.profile),
    layout_version: LAYOUT_VERSION,
    score_version: SCORE_VERSION,
    rules_version: RULES_VERSION,
    sealed_address: known.sealedAddress,
    hash_key_fingerprint: hashKey,
  };
}

/** The delivery record of one live delivery of a person. */
export function deliveryRecord(key: string, delivery: DeliveryState, updatedAt: number): Delivery {
  return {
    workspace: workspaceOf(key),
    profile_id: key,
    delivery_id: delivery.deliveryId,
    updated_at: updatedAt,
    state: encodeDeliveryState(delivery),
    layout_version: LAYOUT_VERSION,
  };
}
