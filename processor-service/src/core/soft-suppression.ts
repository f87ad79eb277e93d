import type { Channel } from './event.ts';
import { rowQuarters } from './day-table.ts';
import type { DayTable } from './day-table.ts';
import { FULL_QUARTERS, weightAtAge } from './weights.ts';

/** Where the replay of a day table stands. `null` in its place: rung 0, nothing to remember. */
export type Ladder = {
  /** 1 and up: how often a cool-off was begun since the last success. */
  readonly rung: number;
  /** First day on which mail may go out again. */
  readonly until: number;
  /** Last failing day since the last success. */
  readonly lastFailing: number;
};

/** The ladder is forgotten when no failing day stands this many days back. */
const FORGET_DAYS = 180;
const COOL_OFF_DAYS = 30;
const COOL_OFF_DAYS_MAX = 90;

type Trigger = { readonly days: number; readonly span: number; readonly sum: number };

const FIRST_WAY_DAYS_BACK = 90;
const FIRST_WAY: Trigger = { days: 5, span: 7, sum: 3 * FULL_QUARTERS };
/** Each try of a text message costs. */
const FIRST_WAY_TEXT: Trigger = { days: 3, span: 3, sum: 2 * FULL_QUARTERS };
const SECOND_WAY_DAYS_BACK = 120;
const SECOND_WAY = { days: 4, span: 60 };

type FailingDay = { readonly day: number; readonly quarters: number };

function isTriggered(streak: readonly FailingDay[], day: number, firstWay: Trigger): boolean {
  let days = 0;
  let sum = 0;
  for (let at = streak.length - 1; at >= 0; at -= 1) {
    const failing = streak[at];
    if (failing === undefined) break;
    const span = day - failing.day;
    if (span > SECOND_WAY_DAYS_BACK) break;
    days += 1;
    if (days >= SECOND_WAY.days && span >= SECOND_WAY.span) return true;
    if (span > FIRST_WAY_DAYS_BACK) continue;
    sum += weightAtAge(span) * failing.quarters;
    if (days >= firstWay.days && span >= firstWay.span && sum >= firstWay.sum) return true;
  }
  return false;
}

function climb(ladder: Ladder | null, day: number, isTrigger: boolean): Ladder | null {
  if (ladder === null || day - ladder.lastFailing > FORGET_DAYS) {
    return isTrigger ? { rung: 1, until: day + COOL_OFF_DAYS, lastFailing: day } : null;
  }
  if (day < ladder.until) return { ...ladder, lastFailing: day };
  const rung = ladder.rung + 1;
  const coolOff = Math.min(COOL_OFF_DAYS * rung, COOL_OFF_DAYS_MAX);
  return { rung, until: day + coolOff, lastFailing: day };
}

/**
 * Replays the days `from <= day < before` of a table on a ladder that already holds the days before
 * `from`: score.md section 5.
 *
 * @param cutDay failures of this day and of those before it were forgiven by a reinstatement
 */
export function replayLadder(
  channel: Channel,
  table: DayTable,
  ladder: Ladder | null,
  range: { readonly from: number; readonly before: number; readonly cutDay: number },
): Ladder | null {
  const firstWay = channel === 'sms' || channel === 'whatsapp' ? FIRST_WAY_TEXT : FIRST_WAY;
  let held = ladder;
  let streak: FailingDay[] = [];
  for (const row of table) {
    if (row.day >= range.before) break;
    const quarters = rowQuarters(row, range.cutDay);
    if (row.success > 0) {
      streak = [];
      if (row.day >= range.from) held = null;
    } else if (quarters > 0) {
      streak.push({ day: row.day, quarters });
      if (row.day >= range.from)
        held = climb(held, row.day, isTriggered(streak, row.day, firstWay));
    }
  }
  return held;
}
