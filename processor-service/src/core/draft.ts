import type { Channel } from './event.ts';
import type { DeliveryState } from './delivery.ts';
import { isTelling, makePerson } from './person.ts';
import type { PersonState } from './person.ts';
import { historyKey } from './profile.ts';
import type { ChannelState, HistoryState, ProfileState } from './profile.ts';
import { compareText } from './text-order.ts';

type Writable<T> = { -readonly [name in keyof T]: T[name] };

/**
 * A person while one event is folded: shallow copies that are written to, everything below them
 * replaced and never changed in place. Lives within one call of `fold`.
 */
export type Draft = {
  readonly base: PersonState;
  readonly profile: Writable<ProfileState>;
  readonly channels: Writable<ProfileState['channels']>;
  /** The event's own delivery, and where it stands in the base; -1 where it is new or there is none. */
  readonly ownId: string | null;
  readonly ownAt: number;
  /** Deliveries written so far; null for those that are gone. */
  readonly written: Map<string, DeliveryState | null>;
};

export function openDraft(base: PersonState, ownId: string | null, ownAt: number): Draft {
  const profile: Writable<ProfileState> = { ...base.profile };
  const channels: Writable<ProfileState['channels']> = { ...profile.channels };
  profile.channels = channels;
  return { base, profile, channels, ownId, ownAt, written: new Map() };
}

/** The event's own delivery as it stands now. */
export function draftDelivery(draft: Draft, deliveryId: string): DeliveryState | null {
  const written = draft.written.get(deliveryId);
  return written === undefined ? (draft.base.deliveries[draft.ownAt] ?? null) : written;
}

/** The channel as this draft may write it: a copy of its own, made once. */
export function draftChannel(draft: Draft, channel: Channel): Writable<ChannelState> {
  const held = draft.channels[channel];
  if (held !== draft.base.profile.channels[channel]) return held;
  const copy = { ...held };
  draft.channels[channel] = copy;
  return copy;
}

/** Replaces the history an address counts in; one with nothing in it goes. */
export function putHistory(draft: Draft, channel: Channel, next: HistoryState): void {
  const state = draftChannel(draft, channel);
  const { histories } = state;
  const at = histories.findIndex((history) => history.to === next.to);
  const isEmpty = next.table.length === 0 && next.ladder === null;
  if (at < 0) {
    if (isEmpty) return;
    state.histories = [...histories, next].sort((a, b) => compareText(a.to, b.to));
    return;
  }
  state.histories = isEmpty ? histories.toSpliced(at, 1) : histories.with(at, next);
}

export function findHistory(
  channel: Channel,
  state: ChannelState,
  to: string,
): HistoryState | undefined {
  const key = historyKey(channel, to);
  for (const history of state.histories) if (history.to === key) return history;
  return undefined;
}

/** Whatever raises settled engagement forgets the mails counted since the last one. */
export function raiseEngaged(draft: Draft, at: number | null): void {
  const { profile } = draft;
  if (at === null || (profile.engagedAt !== null && at <= profile.engagedAt)) return;
  profile.engagedAt = at;
  profile.older = 0;
}

/** The person with one delivery put into its place, or behind all others. */
function withDelivery(
  { deliveries, telling, oldest }: PersonState,
  profile: ProfileState,
  at: number,
  next: DeliveryState,
): PersonState {
  const before = deliveries[at];
  const all = deliveries.slice();
  all[before === undefined ? all.length : at] = next;
  const isSame = !isTelling(next) && (before === undefined || !isTelling(before));
  return {
    profile,
    deliveries: all,
    telling: isSame ? telling : all.filter(isTelling),
    oldest: Math.min(oldest, next.oldest),
  };
}

/** Closes the draft: the person as folded, with the ids of deliveries written and removed. */
export function closeDraft({ base, profile, ownId, ownAt, written }: Draft): {
  readonly person: PersonState;
  readonly changed: readonly string[];
  readonly removed: readonly string[];
} {
  if (written.size === 0) return { person: { ...base, profile }, changed: [], removed: [] };
  const [first] = written;
  if (written.size === 1 && first?.[0] === ownId && first[1]) {
    const [deliveryId, delivery] = first;
    const person = withDelivery(base, profile, ownAt, delivery);
    return { person, changed: [deliveryId], removed: [] };
  }
  const changed: string[] = [];
  const removed: string[] = [];
  const deliveries = base.deliveries.filter(({ deliveryId }) => !written.has(deliveryId));
  for (const [deliveryId, delivery] of written) {
    if (delivery === null) {
      removed.push(deliveryId);
    } else {
      deliveries.push(delivery);
      changed.push(deliveryId);
    }
  }
  return { person: makePerson(profile, deliveries), changed, removed };
}
