import { halfUp } from './clock.ts';
import { rowQuarters } from './day-table.ts';
import type { DayTable } from './day-table.ts';
import { FULL_QUARTERS, weightAtAge } from './weights.ts';

/** The definition of `score.md` that this code computes. */
export const SCORE_VERSION = 2;

export type Band = 'healthy' | 'watch' | 'at_risk' | 'suppressed';

const HEALTHY_FROM = 80;
const WATCH_FROM = 60;
const PROBATION_MAX = 60;

/** A burst must not buy immunity: more successes of one day do not count. */
const SUCCESSES_A_DAY_MAX = 3;

/** Prior of 5 good to a quarter bad: an address nothing is known about scores 95. */
const PRIOR_GOOD = 20 * 65_536;
const PRIOR_ALL = 21 * 65_536;

/** A day table as the score reads it: what does not depend on the instant. */
export type DayReading = {
  /** Triples `day, quarters of success, quarters of failure`, ascending; days that weigh. */
  readonly days: readonly number[];
  /** Last day with a success, or -Infinity. */
  readonly lastSuccessDay: number;
  /** Days with a block failure, ascending. */
  readonly blockDays: readonly number[];
};

export const NO_DAYS: DayReading = { days: [], lastSuccessDay: -Infinity, blockDays: [] };

export function readDays(table: DayTable, cutDay: number): DayReading {
  const days: number[] = [];
  const blockDays: number[] = [];
  let lastSuccessDay = -Infinity;
  for (const row of table) {
    if (row.block > 0) blockDays.push(row.day);
    const quarters = rowQuarters(row, cutDay);
    if (row.success > 0) lastSuccessDay = row.day;
    else if (quarters === 0) continue;
    days.push(row.day, 4 * Math.min(row.success, SUCCESSES_A_DAY_MAX), quarters);
  }
  return { days, lastSuccessDay, blockDays };
}

/** Weighed sums on one day: successes, failures, and failures since the last success. */
export type Sums = { readonly s: number; readonly f: number; readonly sbs: number };

export function sumDays(reading: DayReading, today: number): Sums {
  const { days, lastSuccessDay } = reading;
  let s = 0;
  let f = 0;
  let sbs = 0;
  for (let at = 0; at < days.length; at += 3) {
    const day = days[at] ?? 0;
    const weight = weightAtAge(today - day);
    const failed = weight * (days[at + 2] ?? 0);
    s += weight * (days[at + 1] ?? 0);
    f += failed;
    if (day > lastSuccessDay) sbs += failed;
  }
  return { s, f, sbs };
}

/** Score by the day table alone: no flag, no probation. Score.md section 4. */
export function scoreOf(sums: Sums): number {
  const { s, f, sbs } = sums;
  const byShare = halfUp(100 * (PRIOR_GOOD + s), PRIOR_ALL + s + f);
  const byStreak = halfUp(100 * FULL_QUARTERS - 10 * sbs, FULL_QUARTERS);
  return Math.min(100, Math.max(0, Math.min(byShare, byStreak)));
}

export function onProbation(score: number, isOnProbation: boolean): number {
  return isOnProbation ? Math.min(score, PROBATION_MAX) : score;
}

export function bandOf(score: number): Band {
  if (score >= HEALTHY_FROM) return 'healthy';
  return score >= WATCH_FROM ? 'watch' : 'at_risk';
}

/** `soft_bounce_score`: two decimals. */
export function softBounceScore(sbs: number): number {
  return halfUp(100 * sbs, FULL_QUARTERS) / 100;
}

const STREAK_AGE_DAYS = 90;

/** `soft_streak_days`: failing days since the last success, of age 0 to 90. */
export function streakDays(reading: DayReading, today: number): number {
  const { days, lastSuccessDay } = reading;
  let count = 0;
  for (let at = days.length - 3; at >= 0; at -= 3) {
    const day = days[at] ?? 0;
    if (day <= lastSuccessDay || today - day > STREAK_AGE_DAYS) break;
    if ((days[at + 2] ?? 0) > 0 && day <= today) count += 1;
  }
  return count;
}

/** Days of age 0 to 6 with a block. */
export function recentBlockDays(reading: DayReading, today: number): number {
  let count = 0;
  for (const day of reading.blockDays) if (day <= today && today - day <= 6) count += 1;
  return count;
}
