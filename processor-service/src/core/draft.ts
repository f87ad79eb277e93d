import type { Channel } from './event.ts';
import type { DeliveryState } from './delivery.ts';
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
  readonly profile: Writable<ProfileState>;
  readonly channels: Writable<ProfileState['channels']>;
  readonly base: ReadonlyMap<string, DeliveryState>;
  /** Deliveries written so far; null for those that are gone. */
  readonly written: Map<string, DeliveryState | null>;
};

export function openDraft(person: PersonState): Draft {
  return {
    profile: { ...person.profile },
    channels: { ...person.profile.channels },
    base: person.deliveries,
    written: new Map(),
  };
}

export function draftDelivery(draft: Draft, deliveryId: string): DeliveryState | null {
  const written = draft.written.get(deliveryId);
  return written === undefined ? (draft.base.get(deliveryId) ?? null) : written;
}

export function putChannel(draft: Draft, channel: Channel, change: Partial<ChannelState>): void {
  draft.channels[channel] = { ...draft.channels[channel], ...change };
}

/** Replaces the history an address counts in; one with nothing in it goes. */
export function putHistory(draft: Draft, channel: Channel, next: HistoryState): void {
  const { histories } = draft.channels[channel];
  const others = histories.filter((history) => history.to !== next.to);
  if (next.table.length === 0 && next.ladder === null) {
    putChannel(draft, channel, { histories: others });
    return;
  }
  const all = others.length === 0 ? [next] : [...others, next];
  putChannel(draft, channel, { histories: all.sort((a, b) => compareText(a.to, b.to)) });
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

/** Closes the draft: the person as folded, with the ids of deliveries written and removed. */
export function closeDraft(draft: Draft): {
  readonly person: PersonState;
  readonly changed: readonly string[];
  readonly removed: readonly string[];
} {
  const changed: string[] = [];
  const removed: string[] = [];
  const profile: ProfileState = { ...draft.profile, channels: draft.channels };
  if (draft.written.size === 0) {
    return { person: { profile, deliveries: draft.base }, changed, removed };
  }
  const deliveries = new Map(draft.base);
  for (const [deliveryId, delivery] of draft.written) {
    if (delivery === null) {
      deliveries.delete(deliveryId);
      removed.push(deliveryId);
    } else {
      deliveries.set(deliveryId, delivery);
      changed.push(deliveryId);
    }
  }
  return { person: { profile, deliveries }, changed, removed };
}
