import type { Channel } from './event.ts';
import type { DeliveryState } from './delivery.ts';
import { deliveryOf } from './person.ts';
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
  /** Deliveries written so far; null for those that are gone. */
  readonly written: Map<string, DeliveryState | null>;
};

export function openDraft(base: PersonState): Draft {
  const profile: Writable<ProfileState> = { ...base.profile };
  const channels: Writable<ProfileState['channels']> = { ...profile.channels };
  profile.channels = channels;
  return { base, profile, channels, written: new Map() };
}

export function draftDelivery(draft: Draft, deliveryId: string): DeliveryState | null {
  const written = draft.written.get(deliveryId);
  return written === undefined ? deliveryOf(draft.base, deliveryId) : written;
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

/** The deliveries without the one that was written: as a rule there is only one. */
function withoutFirst(
  deliveries: readonly DeliveryState[],
  written: Draft['written'],
): DeliveryState[] {
  const [only] = written.keys();
  const kept = deliveries.slice();
  const at = kept.findIndex(({ deliveryId }) => deliveryId === only);
  const last = kept.at(-1);
  if (at < 0 || last === undefined) return kept;
  kept[at] = last;
  kept.pop();
  return kept;
}

/** Closes the draft: the person as folded, with the ids of deliveries written and removed. */
export function closeDraft({ base, profile, written }: Draft): {
  readonly person: PersonState;
  readonly changed: readonly string[];
  readonly removed: readonly string[];
} {
  const changed: string[] = [];
  const removed: string[] = [];
  if (written.size === 0) {
    return { person: { profile, deliveries: base.deliveries }, changed, removed };
  }
  const deliveries =
    written.size === 1
      ? withoutFirst(base.deliveries, written)
      : base.deliveries.filter(({ deliveryId }) => !written.has(deliveryId));
  for (const [deliveryId, delivery] of written) {
    if (delivery === null) {
      removed.push(deliveryId);
    } else {
      deliveries.push(delivery);
      changed.push(deliveryId);
    }
  }
  return { person: { profile, deliveries }, changed, removed };
}
