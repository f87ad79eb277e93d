import { KEPT } from './bounds.ts';
import { DELIVERY_WINDOW_MS, dayOf, latest } from './clock.ts';
import { isHumanClick, isSureClick } from './clicks.ts';
import { TABLE_DAYS, rowsFrom } from './day-table.ts';
import type { DayCounts } from './day-table.ts';
import { legDeliveredAt, legFirst, makeDelivery } from './delivery.ts';
import type { DeliveryState, Leg } from './delivery.ts';
import { draftChannel, putHistory, raiseEngaged } from './draft.ts';
import type { Draft } from './draft.ts';
import { CHANNELS } from './event.ts';
import { forgetBefore } from './seen.ts';
import { replayLadder } from './soft-suppression.ts';

/** Days older than this can no longer change, so the ladder over them is fixed. */
const LADDER_AGE_DAYS = 60;

/** Day before which failures are forgiven, the day itself included. */
export function cutDayOf(reinstatedAt: number | null): number {
  return reinstatedAt === null ? -Infinity : dayOf(reinstatedAt);
}

/**
 * Moves what a leg showed into the channel's registers. Clicks within the window that do not hang
 * on the rest of the leg stay, as if they had come only now: so it does not matter whether a click
 * comes before or after its delivery settles.
 */
function settleLeg(draft: Draft, leg: Leg, cutoff: number): Leg | null {
  const state = draft.channels[leg.channel];
  const deliveredAt = legDeliveredAt(leg);
  let { humanAt, sureAt, successAt } = state;
  for (const part of leg.parts) {
    if (part.fails.length === 0) successAt = latest(successAt, part.deliveredAt);
  }
  const kept: number[] = [];
  let settledClick: number | null = null;
  for (const at of leg.clicks) {
    if (!isHumanClick(leg, at, deliveredAt)) continue;
    const isSure = isSureClick(at, deliveredAt);
    if (isSure && at >= cutoff) {
      kept.push(at);
      continue;
    }
    settledClick = latest(settledClick, at);
    if (isSure) sureAt = latest(sureAt, at);
  }
  humanAt = latest(humanAt, settledClick);
  Object.assign(draftChannel(draft, leg.channel), { humanAt, sureAt, successAt });
  raiseEngaged(draft, settledClick);
  return kept.length === 0 ? null : { channel: leg.channel, parts: [], clicks: kept };
}

function settleDelivery(draft: Draft, delivery: DeliveryState, cutoff: number): void {
  const legs: Leg[] = [];
  for (const leg of delivery.legs) {
    const first = legFirst(leg);
    const kept = first !== null && first < cutoff ? settleLeg(draft, leg, cutoff) : leg;
    if (kept !== null) legs.push(kept);
  }
  const seen = forgetBefore(delivery.seen, cutoff);
  draft.written.set(delivery.deliveryId, makeDelivery(delivery.deliveryId, legs, seen));
}

function advanceLadders(draft: Draft, fromDay: number, beforeDay: number): void {
  const cutDay = cutDayOf(draft.profile.reinstated?.at ?? null);
  for (const channel of CHANNELS) {
    for (const history of draft.channels[channel].histories) {
      const { table, ladder } = history;
      const range = { from: fromDay, before: beforeDay, cutDay };
      const next = replayLadder(channel, table, ladder, range);
      if (next !== ladder) putHistory(draft, channel, { ...history, ladder: next });
    }
  }
}

function evictDeliveredDays(draft: Draft, counts: DayCounts, firstDay: number): DayCounts {
  const { profile } = draft;
  const engagedDay = profile.engagedAt === null ? -Infinity : dayOf(profile.engagedAt);
  let at = 0;
  for (; at < counts.length && (counts[at] ?? 0) < firstDay; at += 2) {
    if ((counts[at] ?? 0) <= engagedDay) continue;
    profile.older = Math.min(KEPT.exposure, profile.older + (counts[at + 1] ?? 0));
  }
  return counts.slice(at);
}

function evictRows(draft: Draft, firstDay: number): void {
  for (const channel of CHANNELS) {
    for (const history of draft.channels[channel].histories) {
      const table = rowsFrom(history.table, firstDay);
      if (table !== history.table) putHistory(draft, channel, { ...history, table });
    }
    const { deliveredDays } = draft.channels[channel];
    if ((deliveredDays[0] ?? firstDay) >= firstDay) continue;
    const kept =
      channel === 'email'
        ? evictDeliveredDays(draft, deliveredDays, firstDay)
        : deliveredDays.filter((_, at) => (deliveredDays[at - (at % 2)] ?? 0) >= firstDay);
    draftChannel(draft, channel).deliveredDays = kept;
  }
}

/**
 * Brings the state to a later receipt, before the event that came with it is folded. The order is
 * fixed (score.md section 2): settle deliveries, advance ladders, evict rows.
 */
export function advance(draft: Draft, receivedAt: number): void {
  const before = draft.profile.newestReceipt;
  if (before !== null && receivedAt <= before) return;
  draft.profile.newestReceipt = receivedAt;
  if (before === null) return;
  const cutoff = receivedAt - DELIVERY_WINDOW_MS;
  const isAnyOld = draft.base.oldest < cutoff;
  for (const delivery of isAnyOld ? draft.base.deliveries : []) {
    if (delivery.oldest < cutoff) settleDelivery(draft, delivery, cutoff);
  }
  draft.profile.seen = forgetBefore(draft.profile.seen, cutoff);
  const today = dayOf(receivedAt);
  const lastDay = dayOf(before);
  if (today === lastDay) return;
  advanceLadders(draft, lastDay - LADDER_AGE_DAYS, today - LADDER_AGE_DAYS);
  evictRows(draft, today - TABLE_DAYS);
}

/** First day whose rows the stored ladders do not yet hold. */
export function ladderDay(newestReceipt: number | null): number {
  return newestReceipt === null ? -Infinity : dayOf(newestReceipt) - LADDER_AGE_DAYS;
}
