import type { ChannelView, View } from '@landed/schemas/events.gen';
import { bandInterval, emailInterval, recommendedCadence } from './cadence.ts';
import { chooseChannel } from './channel.ts';
import { dateText, dayOf } from './clock.ts';
import { sumCounts } from './day-table.ts';
import { coldnessAt, engagementScore, isEngaged, isGraymail } from './engagement.ts';
import type { Channel } from './event.ts';
import type { PersonState } from './person.ts';
import { UNTOUCHED_READINGS, readPerson } from './reading.ts';
import type { ChannelReading, PersonReading } from './reading.ts';
import {
  bandOf,
  onProbation,
  recentBlockDays,
  scoreOf,
  softBounceScore,
  streakDays,
  sumDays,
} from './score.ts';
import type { Band, Sums } from './score.ts';

export { SCORE_VERSION } from './score.ts';

/** Score and band of a channel on one day. */
export type Standing = {
  readonly score: number;
  readonly band: Band;
  readonly isSoftSuppressed: boolean;
  readonly sums: Sums;
};

export function standingOn(reading: ChannelReading, today: number): Standing {
  const sums = sumDays(reading.days, today);
  const isSoftSuppressed = reading.softUntil !== null && today < reading.softUntil;
  if (reading.flags.durable !== null) {
    return { score: 0, band: 'suppressed', isSoftSuppressed, sums };
  }
  const score = onProbation(scoreOf(sums), reading.isOnProbation);
  return { score, band: isSoftSuppressed ? 'suppressed' : bandOf(score), isSoftSuppressed, sums };
}

function suppressedUntil(reading: ChannelReading, standing: Standing): string | null {
  if (!standing.isSoftSuppressed || reading.flags.durable !== null) return null;
  return reading.softUntil === null ? null : dateText(reading.softUntil);
}

function channelView(
  channel: Channel,
  reading: ChannelReading,
  standing: Standing,
  interval: number | null,
  today: number,
): ChannelView {
  const { state, flags, days, consent } = reading;
  const { deliveredDays, lastBounce } = state;
  return {
    score: standing.score,
    band: standing.band,
    deliverable: flags.durable === null,
    blocked_by: flags.durable ?? (standing.isSoftSuppressed ? 'soft_bounces' : null),
    suppressed_until: suppressedUntil(reading, standing),
    consent,
    min_interval_days: interval,
    soft_bounce_score: softBounceScore(standing.sums.sbs),
    soft_streak_days: streakDays(days, today),
    block_days_7d: recentBlockDays(days, today),
    delivered_1d: sumCounts(deliveredDays, today, today),
    delivered_7d: sumCounts(deliveredDays, today - 6, today),
    delivered_30d: sumCounts(deliveredDays, today - 29, today),
    reinstate_candidate: flags.isReinstateCandidate,
    hard_bounce_at: flags.hard?.at ?? null,
    last_bounce_at: lastBounce?.at ?? null,
    last_bounce_class: lastBounce?.cls ?? null,
    last_bounce_kind: lastBounce?.kind ?? null,
    live_devices: channel === 'push' ? flags.liveDevices.length : null,
  };
}

/** Views of channels nothing is known of: they hang on neither person nor instant. */
type Untouched = {
  readonly standing: Standing;
  readonly view: ChannelView;
  readonly pushView: ChannelView;
};

const UNTOUCHED: ReadonlyMap<ChannelReading, Untouched> = new Map(
  UNTOUCHED_READINGS.map((reading) => {
    const standing = standingOn(reading, 0);
    const interval = bandInterval(standing.band, reading.consent);
    const view = channelView('sms', reading, standing, interval, 0);
    return [reading, { standing, view, pushView: { ...view, live_devices: 0 } }];
  }),
);

/** Standing of a channel other than mail. */
function standingOf(reading: ChannelReading, today: number): Standing {
  return UNTOUCHED.get(reading)?.standing ?? standingOn(reading, today);
}

function viewOf(
  channel: Channel,
  reading: ChannelReading,
  standing: Standing,
  today: number,
): ChannelView {
  const known = UNTOUCHED.get(reading);
  if (known !== undefined) return channel === 'push' ? known.pushView : known.view;
  const interval = bandInterval(standing.band, reading.consent);
  return channelView(channel, reading, standing, interval, today);
}

type Standings = { readonly [name in Channel]: Standing };

const NO_RESEND = { resend_eligible: false, resend_after: null, resend_reason: null };

function viewResend(
  reading: PersonReading,
  band: Band,
  now: number,
): Pick<View, 'resend_eligible' | 'resend_after' | 'resend_reason'> {
  const { resend } = reading;
  if (resend === null) return NO_RESEND;
  const { email } = reading.channels;
  const isOffered = now < resend.before && band !== 'suppressed' && email.consent !== 'off';
  return {
    resend_eligible: isOffered && now >= resend.after,
    resend_after: isOffered ? resend.after : null,
    resend_reason: isOffered ? resend.reason : null,
  };
}

/** The view at an instant; `asked` before the newest event means that event's instant. */
export function viewAt(reading: PersonReading, asked: number): View {
  const { profile, channels, engagement } = reading;
  const now = Math.max(asked, profile.latestTs ?? asked);
  const today = dayOf(now);
  const standings: Standings = {
    email: standingOn(channels.email, today),
    sms: standingOf(channels.sms, today),
    whatsapp: standingOf(channels.whatsapp, today),
    push: standingOf(channels.push, today),
  };
  const cold = coldnessAt(engagement, now);
  const { band } = standings.email;
  const { consent } = channels.email;
  const interval = emailInterval(band, consent, cold);
  const { silentUntil, deviceReachedAt } = reading;
  const choice = chooseChannel({ channels, standings }, now, silentUntil, deviceReachedAt);
  const resend = viewResend(reading, band, now);
  return {
    email: channelView('email', channels.email, standings.email, interval, today),
    sms: viewOf('sms', channels.sms, standings.sms, today),
    whatsapp: viewOf('whatsapp', channels.whatsapp, standings.whatsapp, today),
    push: viewOf('push', channels.push, standings.push, today),
    preferred_channel: choice.preferred,
    fallback_channel: choice.fallback,
    complaint_count: profile.complaints.length,
    last_complaint_at: profile.complaint?.at ?? null,
    last_human_click_at: engagement.lastHumanClickAt,
    last_engaged_at: engagement.lastEngagedAt,
    engaged_30d: isEngaged(engagement, now),
    email_engagement_score: engagementScore(engagement, now),
    delivered_since_engaged: engagement.exposure,
    cold_60d: cold.cold_60d,
    cold_90d: cold.cold_90d,
    cold_180d: cold.cold_180d,
    cold_270d: cold.cold_270d,
    graymail: isGraymail(engagement),
    recommended_cadence: recommendedCadence(band, consent, cold),
    resend_eligible: resend.resend_eligible,
    resend_after: resend.resend_after,
    resend_reason: resend.resend_reason,
  };
}

/** Everything published about a person at an instant: score.md sections 4 to 11. */
export function view(person: PersonState, now: number): View {
  return viewAt(readPerson(person), now);
}
