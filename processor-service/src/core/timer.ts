import type { View } from '@landed/schemas/events.gen';
import { DEVICE_MS } from './channel.ts';
import { countedChanges } from './change.ts';
import { DAY_MS, dayOf } from './clock.ts';
import { TABLE_DAYS } from './day-table.ts';
import { COLD_STEPS, ENGAGED_MS } from './engagement.ts';
import { CHANNELS } from './event.ts';
import type { PersonState } from './person.ts';
import { readPerson } from './reading.ts';
import type { ChannelReading, PersonReading } from './reading.ts';
import { standingOn, viewAt } from './view.ts';

/** The first instant at which something counted differs without a new event. */
export type NextChange = {
  readonly at: number;
  /** Names of the counted fields that differ there. */
  readonly changed: readonly string[];
  readonly view: View;
};

/**
 * First day after `today` on which the band is another. Bands only get better by time alone: all
 * weights shrink by the same share each day, and the rounding of the table is smaller than the
 * share at each edge. So the first such day can be found by halving.
 */
function bandDay(reading: ChannelReading, today: number): number | null {
  const { band } = standingOn(reading, today);
  if (band === 'healthy') return null;
  let low = today;
  let high = today + TABLE_DAYS + 1;
  if (standingOn(reading, high).band === band) return null;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (standingOn(reading, middle).band === band) low = middle;
    else high = middle;
  }
  return high;
}

function channelDay(reading: ChannelReading, today: number): number | null {
  if (reading.flags.durable !== null) return null;
  const { softUntil } = reading;
  if (softUntil !== null && today < softUntil) return softUntil;
  return bandDay(reading, today);
}

/** Calls back with the instants at which something may change; those not after `now` are ignored. */
function candidates(reading: PersonReading, now: number, add: (at: number) => void): void {
  const { engagement, resend, silentUntil, channels } = reading;
  for (const channel of CHANNELS) {
    const day = channelDay(channels[channel], dayOf(now));
    if (day !== null) add(day * DAY_MS);
  }
  if (engagement.lastEngagedAt !== null) add(engagement.lastEngagedAt + ENGAGED_MS);
  if (engagement.base !== null) {
    for (const { days, exposure } of COLD_STEPS) {
      if (engagement.exposure >= exposure) add(engagement.base + days * DAY_MS);
    }
  }
  if (silentUntil !== null) add(silentUntil);
  if (channels.push.consent === 'on') {
    for (const { deliveredAt } of channels.push.flags.liveDevices) {
      if (deliveredAt !== null) add(deliveredAt + DEVICE_MS);
    }
  }
  if (resend !== null) {
    add(resend.after);
    add(resend.before);
  }
}

function nextCandidate(reading: PersonReading, now: number): number | null {
  let next: number | null = null;
  candidates(reading, now, (at) => {
    if (at > now && (next === null || at < next)) next = at;
  });
  return next;
}

function startOf(reading: PersonReading, asked: number): number {
  return Math.max(asked, reading.profile.latestTs ?? asked);
}

/**
 * When to look at a person again: after `now` and not later than the next change; null if time
 * alone changes nothing any more. A look that finds nothing changed is harmless.
 */
export function timerAt(person: PersonState, now: number): number | null {
  const reading = readPerson(person);
  return nextCandidate(reading, startOf(reading, now));
}

/** The next change by time alone, exactly, found with the same function as the view itself. */
export function nextChange(person: PersonState, now: number): NextChange | null {
  const reading = readPerson(person);
  const start = startOf(reading, now);
  const before = viewAt(reading, start);
  let at = nextCandidate(reading, start);
  while (at !== null) {
    const after = viewAt(reading, at);
    const changed = countedChanges(before, after);
    if (changed.length > 0) return { at, changed, view: after };
    at = nextCandidate(reading, at);
  }
  return null;
}
