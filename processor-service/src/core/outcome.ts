import { noteAddress } from './address.ts';
import { earliest } from './clock.ts';
import {
  emptyDelivery,
  emptyLeg,
  findLeg,
  findPart,
  makeDelivery,
  withClick,
  withDelivered,
  withFail,
  withLeg,
  withPart,
} from './delivery.ts';
import type { Leg } from './delivery.ts';
import { draftChannel, draftDelivery } from './draft.ts';
import type { Draft } from './draft.ts';
import type { Channel, CoreEvent, Failure, Target } from './event.ts';
import { keepGreatest } from './marks.ts';
import type { Evidence } from './marks.ts';
import type { LastBounce } from './profile.ts';
import { tallyLeg } from './tally.ts';
import { compareText } from './text-order.ts';

/** Metrics that tell which address a channel now goes to. */
const MOVING = new Set(['sent', 'delivered', 'bounced', 'dropped', 'deferred']);

/** Score.md section 3: what counts as a failure of a message. */
export function isFailure(channel: Channel, metric: string, failure: Failure | null): boolean {
  if (metric === 'bounced') return true;
  const isText = channel === 'sms' || channel === 'whatsapp';
  return isText && failure?.cls === 'hard' && (metric === 'failed' || metric === 'attempted');
}

const UNREAD: Failure = { cls: 'unknown', kind: 'unknown', rule: '' };

function evidenceOf(event: CoreEvent, failure: Failure): Evidence {
  const { cls, kind, rule } = failure;
  return { at: event.ts, eventId: event.eventId, cls, kind, rule };
}

function laterBounce(held: LastBounce | null, next: LastBounce): LastBounce {
  if (held === null) return next;
  const order =
    held.at - next.at || compareText(held.cls, next.cls) || compareText(held.kind, next.kind);
  return order < 0 ? next : held;
}

function moveCurrent(draft: Draft, channel: Channel, to: string, at: number): void {
  const { current } = draft.channels[channel];
  const order = current === null ? -1 : current.at - at || compareText(current.to, to);
  if (order < 0) draftChannel(draft, channel).current = { at, to };
}

function noteFailure(draft: Draft, channel: Channel, evidence: Evidence): void {
  const state = draftChannel(draft, channel);
  const { at, cls, kind } = evidence;
  state.lastBounce = laterBounce(state.lastBounce, { at, cls, kind });
  state.failures = keepGreatest(state.failures, evidence);
}

/** Folds what an event says about one address into the channel, and returns the delivery's leg. */
function foldTarget(
  draft: Draft,
  event: CoreEvent,
  channel: Channel,
  leg: Leg,
  target: Target,
): Leg {
  const { metric, ts } = event;
  const { to } = target;
  const failure = target.failure ?? UNREAD;
  const isDelivered = metric === 'delivered';
  const hasFailed = isFailure(channel, metric, target.failure);
  const isMoving = MOVING.has(metric);
  if (isMoving && to !== '' && channel !== 'push') moveCurrent(draft, channel, to, ts);
  if (isMoving || hasFailed || channel === 'push') {
    const evidence = evidenceOf(event, failure);
    const isEsp = metric === 'dropped' && failure.cls === 'suppressed' && channel !== 'push';
    noteAddress(draft, channel, to, {
      at: ts,
      isDelivered,
      hard: hasFailed && failure.cls === 'hard' ? evidence : null,
      esp: isEsp ? evidence : null,
    });
    if (hasFailed) noteFailure(draft, channel, evidence);
  }
  if (!isDelivered && !hasFailed) return leg;
  const part = findPart(leg, to) ?? { to, deliveredAt: null, fails: [] };
  const next = isDelivered
    ? withDelivered(part, ts)
    : withFail(part, { cls: failure.cls, kind: failure.kind, at: ts });
  return next === part ? leg : withPart(leg, next);
}

/**
 * Folds a message event of a channel with a score: addresses, registers and the delivery's leg.
 * A push event that names no device says nothing but its click.
 */
export function foldOutcome(draft: Draft, event: CoreEvent, channel: Channel): void {
  const { deliveryId, metric, ts } = event;
  const delivery = deliveryId === null ? null : draftDelivery(draft, deliveryId);
  const before = (delivery === null ? undefined : findLeg(delivery, channel)) ?? emptyLeg(channel);
  let leg = before;
  for (const target of event.targets) {
    if (channel === 'push' && target.to === '') continue;
    leg = foldTarget(draft, event, channel, leg, target);
  }
  if (metric === 'clicked' && !event.isMachine) leg = withClick(leg, ts);
  if (channel === 'email' && metric === 'delivered') {
    draft.profile.firstDeliveredAt = earliest(draft.profile.firstDeliveredAt, ts);
  }
  if (leg === before || deliveryId === null) return;
  tallyLeg(draft, before, leg);
  const held = delivery ?? emptyDelivery(deliveryId);
  const next = makeDelivery(deliveryId, withLeg(held.legs, leg), held.seen);
  draft.written.set(deliveryId, next);
}
