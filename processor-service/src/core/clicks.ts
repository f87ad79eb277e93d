import { MINUTE_MS, SECOND_MS, latest } from './clock.ts';
import { legDeliveredAt } from './delivery.ts';
import type { Leg } from './delivery.ts';

/** Inline scanners click before the mail is accepted, others within seconds of it. */
const SCANNER_BEFORE_MS = 60 * SECOND_MS;
const SCANNER_AFTER_MS = 10 * SECOND_MS;
/** From here on even a slow scanner is unlikely. */
const SURE_AFTER_MS = 10 * MINUTE_MS;

/** True for a click that a person made: score.md section 8. `at` is not flagged machine. */
export function isHumanClick(leg: Leg, at: number, deliveredAt: number | null): boolean {
  if (leg.channel !== 'email' || deliveredAt === null) return true;
  return at < deliveredAt - SCANNER_BEFORE_MS || at > deliveredAt + SCANNER_AFTER_MS;
}

/** True for a human click late enough to rest a reinstatement on: score.md section 6. */
export function isSureClick(at: number, deliveredAt: number | null): boolean {
  return deliveredAt === null || at >= deliveredAt + SURE_AFTER_MS;
}

export type LegClicks = {
  readonly humanAt: number | null;
  readonly sureAt: number | null;
};

const NO_CLICKS: LegClicks = { humanAt: null, sureAt: null };

/** Latest human and latest sure click of a leg. */
export function readClicks(leg: Leg): LegClicks {
  if (leg.clicks.length === 0) return NO_CLICKS;
  const deliveredAt = legDeliveredAt(leg);
  let humanAt: number | null = null;
  let sureAt: number | null = null;
  for (const at of leg.clicks) {
    if (!isHumanClick(leg, at, deliveredAt)) continue;
    humanAt = latest(humanAt, at);
    if (isSureClick(at, deliveredAt)) sureAt = latest(sureAt, at);
  }
  return { humanAt, sureAt };
}
