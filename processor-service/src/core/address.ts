import { KEPT } from './bounds.ts';
import { latest } from './clock.ts';
import { draftChannel } from './draft.ts';
import type { Draft } from './draft.ts';
import type { Channel } from './event.ts';
import { laterEvidence } from './marks.ts';
import type { Evidence } from './marks.ts';
import type { AddressState } from './profile.ts';
import { compareText } from './text-order.ts';

/** What one event says about one address. */
export type AddressNews = {
  readonly at: number;
  readonly isDelivered: boolean;
  readonly hard: Evidence | null;
  readonly esp: Evidence | null;
};

function seenLongestAgo(addresses: readonly AddressState[]): AddressState | undefined {
  let first = addresses[0];
  for (const address of addresses) {
    if (first === undefined) break;
    const order = address.seenAt - first.seenAt || compareText(address.to, first.to);
    if (order < 0) first = address;
  }
  return first;
}

function merge(held: AddressState | undefined, to: string, news: AddressNews): AddressState {
  const hard = held?.hard ?? null;
  const esp = held?.esp ?? null;
  const deliveredAt = held?.deliveredAt ?? null;
  return {
    to,
    seenAt: latest(held?.seenAt ?? null, news.at) ?? news.at,
    hard: news.hard === null ? hard : laterEvidence(hard, news.hard),
    esp: news.esp === null ? esp : laterEvidence(esp, news.esp),
    deliveredAt: news.isDelivered ? latest(deliveredAt, news.at) : deliveredAt,
  };
}

/** Merges into the address; beyond the bound the one seen longest ago goes, with its history. */
export function noteAddress(draft: Draft, channel: Channel, to: string, news: AddressNews): void {
  const state = draftChannel(draft, channel);
  const at = state.addresses.findIndex((address) => address.to === to);
  const next = merge(state.addresses[at], to, news);
  if (at >= 0) {
    state.addresses = state.addresses.with(at, next);
    return;
  }
  const all = [...state.addresses, next].sort((a, b) => compareText(a.to, b.to));
  const gone = all.length > KEPT.addresses ? seenLongestAgo(all) : undefined;
  if (gone === undefined) {
    state.addresses = all;
    return;
  }
  state.addresses = all.filter((address) => address !== gone);
  if (channel === 'push') return;
  state.histories = state.histories.filter((history) => history.to !== gone.to);
}
