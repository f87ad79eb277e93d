import { KEPT } from './bounds.ts';
import { earliest } from './clock.ts';
import type { Channel } from './event.ts';
import { compareText } from './text-order.ts';
import { NOTHING_SEEN, oldestSeen } from './seen.ts';
import type { SeenIds } from './seen.ts';

/** The earliest failure of one class and kind. */
export type Fail = {
  readonly cls: string;
  readonly kind: string;
  readonly at: number;
};

/** What became of a delivery at one address or device. */
export type Part = {
  readonly to: string;
  /** Earliest `delivered`, or null. */
  readonly deliveredAt: number | null;
  /** Ascending by class and kind. */
  readonly fails: readonly Fail[];
};

/** What a delivery did on one channel; in practice a delivery has one. */
export type Leg = {
  readonly channel: Channel;
  /** Ascending by `to`; the 32 smallest. */
  readonly parts: readonly Part[];
  /** Instants of clicks not flagged machine, ascending; the 32 greatest. */
  readonly clicks: readonly number[];
};

/** One message to one person, as long as something about it can still change. */
export type DeliveryState = {
  readonly deliveryId: string;
  /** Ascending by channel. */
  readonly legs: readonly Leg[];
  readonly seen: SeenIds;
  /** Earliest instant in it: when that leaves the delivery window, something settles. */
  readonly oldest: number;
  /** Whether any leg has clicks, any part failures: most have neither, and need no further look. */
  readonly hasClicks: boolean;
  readonly hasFails: boolean;
};

export function emptyLeg(channel: Channel): Leg {
  return { channel, parts: [], clicks: [] };
}

/** The instant a leg is dated by: the earliest of its outcomes and clicks. */
export function legFirst(leg: Leg): number | null {
  let first = leg.clicks[0] ?? null;
  for (const part of leg.parts) {
    first = earliest(first, part.deliveredAt);
    for (const fail of part.fails) first = earliest(first, fail.at);
  }
  return first;
}

/** Earliest `delivered` over all parts. */
export function legDeliveredAt(leg: Leg): number | null {
  let at: number | null = null;
  for (const part of leg.parts) at = earliest(at, part.deliveredAt);
  return at;
}

/** Puts a delivery together; null when there is nothing left in it. */
export function makeDelivery(
  deliveryId: string,
  legs: readonly Leg[],
  seen: SeenIds,
): DeliveryState | null {
  let oldest = oldestSeen(seen);
  let hasClicks = false;
  let hasFails = false;
  for (const leg of legs) {
    oldest = earliest(oldest, legFirst(leg));
    hasClicks ||= leg.clicks.length > 0;
    hasFails ||= leg.parts.some((part) => part.fails.length > 0);
  }
  return oldest === null ? null : { deliveryId, legs, seen, oldest, hasClicks, hasFails };
}

export function emptyDelivery(deliveryId: string): DeliveryState {
  return {
    deliveryId,
    legs: [],
    seen: NOTHING_SEEN,
    oldest: Infinity,
    hasClicks: false,
    hasFails: false,
  };
}

export function findLeg(delivery: DeliveryState, channel: Channel): Leg | undefined {
  for (const leg of delivery.legs) if (leg.channel === channel) return leg;
  return undefined;
}

/** The legs with one of them replaced or added. */
export function withLeg(legs: readonly Leg[], next: Leg): readonly Leg[] {
  const others = legs.filter((leg) => leg.channel !== next.channel);
  if (others.length === 0) return [next];
  return [...others, next].sort((a, b) => compareText(a.channel, b.channel));
}

export function findPart(leg: Leg, to: string): Part | undefined {
  for (const part of leg.parts) if (part.to === to) return part;
  return undefined;
}

/** The leg with one part replaced or added; beyond the bound the greatest `to` goes. */
export function withPart(leg: Leg, next: Part): Leg {
  const others = leg.parts.filter((part) => part.to !== next.to);
  if (others.length === 0) return { ...leg, parts: [next] };
  const parts = [...others, next].sort((a, b) => compareText(a.to, b.to)).slice(0, KEPT.parts);
  return { ...leg, parts };
}

export function withDelivered(part: Part, at: number): Part {
  const deliveredAt = earliest(part.deliveredAt, at);
  return deliveredAt === part.deliveredAt ? part : { ...part, deliveredAt };
}

function compareFails(a: Fail, b: Fail): number {
  return compareText(a.cls, b.cls) || compareText(a.kind, b.kind);
}

export function withFail(part: Part, next: Fail): Part {
  const held = part.fails.find((fail) => fail.cls === next.cls && fail.kind === next.kind);
  if (held !== undefined && held.at <= next.at) return part;
  const others = part.fails.filter((fail) => fail !== held);
  const fails = [...others, next].sort(compareFails).slice(0, KEPT.fails);
  return { ...part, fails };
}

export function withClick(leg: Leg, at: number): Leg {
  if (leg.clicks.includes(at)) return leg;
  const clicks = [...leg.clicks, at].sort((a, b) => a - b).slice(-KEPT.clicks);
  return { ...leg, clicks };
}

/** Latest failure of a part by (instant, class, kind), or null. */
export function latestFail(part: Part): Fail | null {
  let latestOne: Fail | null = null;
  for (const fail of part.fails) {
    if (latestOne === null || fail.at - latestOne.at >= 0) latestOne = fail;
  }
  return latestOne;
}
