import { DAY_MS, HOUR_MS } from './clock.ts';
import { legDeliveredAt, latestFail } from './delivery.ts';
import type { DeliveryState } from './delivery.ts';
import { compareText } from './text-order.ts';

/** The one failed mail that may be sent again: score.md section 9. */
export type ResendOffer = {
  readonly after: number;
  /** From here on it is too late. */
  readonly before: number;
  readonly reason: string;
};

const OFFER_MS = 7 * DAY_MS;

const DELAYS_MS: ReadonlyMap<string, number> = new Map([
  ['soft:transient', 4 * HOUR_MS],
  ['soft:quota', 24 * HOUR_MS],
  ['block:rate', 24 * HOUR_MS],
]);

type FailedMail = {
  readonly at: number;
  readonly reason: string;
  readonly deliveryId: string;
  readonly hasDelivered: boolean;
};

function failedMails(deliveries: readonly DeliveryState[], to: string): FailedMail[] {
  const failed: FailedMail[] = [];
  for (const { deliveryId, legs, hasFails } of deliveries) {
    if (!hasFails) continue;
    for (const leg of legs) {
      if (leg.channel !== 'email') continue;
      for (const part of leg.parts) {
        if (part.to !== to || part.fails.length === 0) continue;
        const fail = latestFail(part);
        if (fail === null) continue;
        const hasDelivered = legDeliveredAt(leg) !== null;
        const reason = `${fail.cls}:${fail.kind}`;
        failed.push({ at: fail.at, reason, deliveryId, hasDelivered });
      }
    }
  }
  return failed;
}

/** What stands of a resend apart from the instant, the band and consent. `to`: current address. */
export function readResend(deliveries: readonly DeliveryState[], to: string): ResendOffer | null {
  if (deliveries.length === 0) return null;
  const failed = failedMails(deliveries, to);
  let last = failed[0];
  for (const mail of failed) {
    if (last === undefined) break;
    const order = mail.at - last.at || compareText(mail.deliveryId, last.deliveryId);
    if (order > 0) last = mail;
  }
  if (last === undefined || last.hasDelivered) return null;
  const delay = DELAYS_MS.get(last.reason);
  if (delay === undefined) return null;
  const isChain = failed.some((mail) => mail !== last && mail.at >= last.at - OFFER_MS);
  if (isChain) return null;
  return { after: last.at + delay, before: last.at + OFFER_MS, reason: last.reason };
}
