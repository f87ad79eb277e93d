import { KEPT } from './bounds.ts';
import { DAY_MS, dayOf, latest } from './clock.ts';
import { sumCounts } from './day-table.ts';
import type { ProfileState } from './profile.ts';
import { ENGAGEMENT_SCORES } from './weights.ts';

/** Who reacts to mail, apart from the instant: score.md section 8. */
export type EngagementReading = {
  readonly lastHumanClickAt: number | null;
  readonly lastEngagedAt: number | null;
  /** Mails delivered since then, at most 16. */
  readonly exposure: number;
  /** From where coldness counts; null without a delivered mail. */
  readonly base: number | null;
};

/** Days without engagement, and the mails that must have been delivered in vain meanwhile. */
export const COLD_STEPS = [
  { days: 60, exposure: 3 },
  { days: 90, exposure: 4 },
  { days: 180, exposure: 6 },
  { days: 270, exposure: 8 },
] as const;

export const ENGAGED_MS = 30 * DAY_MS;

const GRAYMAIL_NEVER = 11;
const GRAYMAIL_SINCE = 16;

/** @param liveClickAt latest human click on the four channels of deliveries not yet settled */
export function readEngagement(
  profile: ProfileState,
  liveClickAt: number | null,
  lastHumanClickAt: number | null,
): EngagementReading {
  const { engagedAt } = profile;
  const isLive = liveClickAt !== null && (engagedAt === null || liveClickAt > engagedAt);
  const lastEngagedAt = isLive ? liveClickAt : engagedAt;
  const older = isLive ? 0 : profile.older;
  const from = lastEngagedAt === null ? -Infinity : dayOf(lastEngagedAt) + 1;
  const since = sumCounts(profile.channels.email.deliveredDays, from, Infinity);
  const { firstDeliveredAt } = profile;
  return {
    lastHumanClickAt,
    lastEngagedAt,
    exposure: Math.min(KEPT.exposure, older + since),
    base: firstDeliveredAt === null ? null : latest(firstDeliveredAt, lastEngagedAt),
  };
}

export type Coldness = {
  readonly cold_60d: boolean;
  readonly cold_90d: boolean;
  readonly cold_180d: boolean;
  readonly cold_270d: boolean;
};

function isCold(reading: EngagementReading, now: number, step: 0 | 1 | 2 | 3): boolean {
  const { days, exposure } = COLD_STEPS[step];
  const { base } = reading;
  return base !== null && now - base >= days * DAY_MS && reading.exposure >= exposure;
}

export function coldnessAt(reading: EngagementReading, now: number): Coldness {
  return {
    cold_60d: isCold(reading, now, 0),
    cold_90d: isCold(reading, now, 1),
    cold_180d: isCold(reading, now, 2),
    cold_270d: isCold(reading, now, 3),
  };
}

export function isEngaged(reading: EngagementReading, now: number): boolean {
  return reading.lastEngagedAt !== null && now < reading.lastEngagedAt + ENGAGED_MS;
}

export function isGraymail(reading: EngagementReading): boolean {
  return reading.exposure >= (reading.lastEngagedAt === null ? GRAYMAIL_NEVER : GRAYMAIL_SINCE);
}

/** 0 to 100, halves every 45 days; null without engagement. */
export function engagementScore(reading: EngagementReading, now: number): number | null {
  if (reading.lastEngagedAt === null) return null;
  const days = Math.max(0, dayOf(now) - dayOf(reading.lastEngagedAt));
  return ENGAGEMENT_SCORES[days] ?? 0;
}
