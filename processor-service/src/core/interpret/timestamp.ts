import { DAY_MS, HOUR_MS, SECOND_MS } from '../clock.ts';
import type { Fate } from '@landed/schemas/fate';
import { deadLetter } from './context.ts';
import { shapeOf } from './fields.ts';

/** An event dated later than its record by more than this never reaches the state. */
export const FUTURE_MS = HOUR_MS;
/** Nor does one dated this long before it. */
export const PAST_MS = 400 * DAY_MS;

const DIGITS = /^[0-9]{1,15}$/;

/** Seconds since 1970, also as a text of digits, as ms; null if it is no such number. */
export function secondsToMs(value: unknown): number | null {
  const seconds = typeof value === 'string' && DIGITS.test(value) ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return null;
  const ms = Math.round(seconds * SECOND_MS);
  return Number.isSafeInteger(ms) ? ms : null;
}

/** Holds an instant against the clock of its record. */
export function checkInstant(at: number, recordedAt: number): Fate<number> {
  if (at > recordedAt + FUTURE_MS) {
    return deadLetter('future_timestamp', 'dated more than an hour after it was recorded');
  }
  if (at < recordedAt - PAST_MS) {
    return deadLetter('past_timestamp', 'dated more than 400 days before it was recorded');
  }
  return { kind: 'ok', value: at };
}

export function readTimestamp(value: unknown, recordedAt: number): Fate<number> {
  const at = secondsToMs(value);
  if (at !== null) return checkInstant(at, recordedAt);
  if (typeof value === 'number' && Number.isFinite(value)) {
    return value > 0
      ? deadLetter('future_timestamp', 'beyond every calendar')
      : deadLetter('past_timestamp', 'before every calendar');
  }
  return deadLetter('missing_timestamp', `timestamp ${shapeOf(value)}`);
}
