import { KEPT } from './bounds.ts';
import { DELIVERY_WINDOW_MS, latest } from './clock.ts';
import { emptyDelivery, makeDelivery } from './delivery.ts';
import {
  closeDraft,
  draftDelivery,
  draftChannel,
  openDraft,
  putHistory,
  raiseEngaged,
} from './draft.ts';
import type { Draft } from './draft.ts';
import { CHANNELS, isChannel } from './event.ts';
import type { ConsentChange, CoreEvent } from './event.ts';
import { hashEventId, hashText } from './event-id-hash.ts';
import type { IdHash } from './event-id-hash.ts';
import { laterMark } from './marks.ts';
import type { Mark } from './marks.ts';
import { mergeName } from './names.ts';
import { foldOutcome } from './outcome.ts';
import { indexOfDelivery } from './person.ts';
import type { PersonState } from './person.ts';
import type { ConsentLayer } from './profile.ts';
import { NOTHING_SEEN, remember, wasSeen } from './seen.ts';
import { advance } from './settle.ts';

export type FoldEffect = 'applied' | 'duplicate' | 'too_old' | 'none';

export type FoldResult = {
  readonly person: PersonState;
  /** applied: it bears on the view. none: recorded as seen, no more. duplicate, too_old: no change. */
  readonly effect: FoldEffect;
  /** More ids came than are remembered: this may be a repetition, let through. */
  readonly noisy: boolean;
  /** Ids of deliveries to be written, and of deliveries that are settled and gone. */
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** The current email address is another one now: that of this event. */
  readonly currentEmailMoved: boolean;
};

/** Message events that bear on a channel with a score. */
const BEARING = new Set(['sent', 'delivered', 'bounced', 'dropped', 'deferred', 'spammed']);
const ENGAGING = new Set(['converted', 'replied']);

function mergeConsent(layer: ConsentLayer, change: ConsentChange, mark: Mark): ConsentLayer {
  return change.isOn
    ? { ...layer, on: laterMark(layer.on, mark) }
    : { ...layer, off: laterMark(layer.off, mark) };
}

function foldConsents(draft: Draft, event: CoreEvent): void {
  const mark: Mark = { at: event.ts, eventId: event.eventId };
  for (const change of event.consents) {
    if (change.layer === 'profile') {
      draft.profile.consent = mergeConsent(draft.profile.consent, change, mark);
    } else {
      const state = draftChannel(draft, change.layer);
      state.consent = mergeConsent(state.consent, change, mark);
    }
  }
}

function foldComplaint(draft: Draft, event: CoreEvent): void {
  const { profile } = draft;
  profile.complaint = laterMark(profile.complaint, { at: event.ts, eventId: event.eventId });
  const id = hashText(event.deliveryId ?? `event:${event.eventId}`);
  if (profile.complaints.includes(id)) return;
  profile.complaints = [...profile.complaints, id].sort().slice(0, KEPT.complaints);
}

/** A reinstatement forgives: the ladders of all channels start afresh. */
function foldReinstatement(draft: Draft, event: CoreEvent): void {
  const held = draft.profile.reinstated;
  const mark: Mark = { at: event.ts, eventId: event.eventId };
  draft.profile.reinstated = laterMark(held, mark);
  if (held !== null && held.at >= event.ts) return;
  for (const channel of CHANNELS) {
    for (const history of draft.channels[channel].histories) {
      if (history.ladder !== null) putHistory(draft, channel, { ...history, ladder: null });
    }
  }
}

function foldIdentifiers(draft: Draft, event: CoreEvent): void {
  const { identifiers } = event;
  if (identifiers === null) return;
  const { profile } = draft;
  profile.customerIds = mergeName(profile.customerIds, identifiers.customerId, event.ts);
  profile.cioIds = mergeName(profile.cioIds, identifiers.cioId, event.ts);
  profile.emailHashes = mergeName(profile.emailHashes, identifiers.emailHash, event.ts);
}

/** Folds an event in the delivery window; true when it bears on the view. */
function foldFresh(draft: Draft, event: CoreEvent): boolean {
  const { channel, metric } = event;
  foldIdentifiers(draft, event);
  foldConsents(draft, event);
  let bears = event.consents.length > 0;
  const isEngaging =
    ENGAGING.has(metric) || (metric === 'clicked' && channel === 'in_app' && !event.isMachine);
  if (event.order === 'engage' || (isEngaging && (isChannel(channel) || channel === 'in_app'))) {
    raiseEngaged(draft, event.ts);
    bears = true;
  }
  if (event.order === 'reinstate') {
    foldReinstatement(draft, event);
    bears = true;
  }
  if (!isChannel(channel)) return bears;
  if (channel === 'email' && metric === 'spammed') foldComplaint(draft, event);
  foldOutcome(draft, event, channel);
  return bears || BEARING.has(metric) || (metric === 'clicked' && !event.isMachine);
}

/** Notes the event's id where repetitions will look for it; true when it may be one itself. */
function rememberId(draft: Draft, event: CoreEvent, id: IdHash): boolean {
  const { deliveryId } = event;
  if (deliveryId === null) {
    const { seen, isUncertain } = remember(draft.profile.seen, id, event.ts);
    draft.profile.seen = seen;
    return isUncertain;
  }
  const held = draftDelivery(draft, deliveryId) ?? emptyDelivery(deliveryId);
  const { seen, isUncertain } = remember(held.seen, id, event.ts);
  if (!isUncertain) draft.written.set(deliveryId, makeDelivery(deliveryId, held.legs, seen));
  return isUncertain;
}

function unchanged(person: PersonState, effect: FoldEffect): FoldResult {
  return { person, effect, noisy: false, changed: [], removed: [], currentEmailMoved: false };
}

/**
 * Folds one event into what is known of a person. Everything merges by minimum, maximum, union and
 * sums of contributions, so that order and repetitions do not matter within the bounds of score.md
 * section 2. Total: any event gives a result.
 */
export function fold(person: PersonState, event: CoreEvent): FoldResult {
  const { profile } = person;
  const ownAt = event.deliveryId === null ? -1 : indexOfDelivery(person, event.deliveryId);
  const seen =
    event.deliveryId === null ? profile.seen : (person.deliveries[ownAt]?.seen ?? NOTHING_SEEN);
  const id = hashEventId(event.eventId);
  if (wasSeen(seen, id)) return unchanged(person, 'duplicate');
  const newest = Math.max(profile.newestReceipt ?? event.receivedAt, event.receivedAt);
  const isTooOld = event.ts < newest - DELIVERY_WINDOW_MS;
  // A late opt-out must not be lost: consent registers need no order, so its age does not matter.
  if (isTooOld && event.consents.length === 0) return unchanged(person, 'too_old');
  const draft = openDraft(person, event.deliveryId, ownAt);
  advance(draft, event.receivedAt);
  draft.profile.latestTs = latest(draft.profile.latestTs, event.ts);
  let noisy = false;
  let bears = true;
  if (isTooOld) {
    foldConsents(draft, event);
  } else {
    noisy = rememberId(draft, event, id);
    bears = foldFresh(draft, event);
  }
  const before = profile.channels.email.current?.to;
  const currentEmailMoved = draft.channels.email.current?.to !== before;
  return { ...closeDraft(draft), effect: bears ? 'applied' : 'none', noisy, currentEmailMoved };
}

/** The value of `MessageOutcome.effect` for a folded event. */
export function outcomeEffect(result: Pick<FoldResult, 'effect' | 'noisy'>): string {
  return result.noisy ? 'noisy' : result.effect;
}
