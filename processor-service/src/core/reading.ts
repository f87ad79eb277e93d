import { latest } from './clock.ts';
import { readClicks } from './clicks.ts';
import { channelConsent, layerConsent } from './consent.ts';
import type { Consent } from './consent.ts';
import { SILENCE_MS, latestDelivered } from './channel.ts';
import { findHistory } from './draft.ts';
import { readEngagement } from './engagement.ts';
import type { EngagementReading } from './engagement.ts';
import { CHANNELS } from './event.ts';
import type { Channel } from './event.ts';
import type { Leg } from './delivery.ts';
import { NO_FLAGS, readFlags } from './flags.ts';
import type { Flags } from './flags.ts';
import { stands } from './marks.ts';
import type { PersonState } from './person.ts';
import { EMPTY_CHANNEL } from './profile.ts';
import type { ChannelState, ProfileState } from './profile.ts';
import { readResend } from './resend.ts';
import type { ResendOffer } from './resend.ts';
import { NO_DAYS, readDays } from './score.ts';
import type { DayReading } from './score.ts';
import { cutDayOf, ladderDay } from './settle.ts';
import { replayLadder } from './soft-suppression.ts';

/** A channel apart from the instant. */
export type ChannelReading = {
  readonly state: ChannelState;
  readonly days: DayReading;
  readonly flags: Flags;
  readonly consent: Consent;
  readonly isOnProbation: boolean;
  /** Day on which the latest soft suppression ends; null without one. */
  readonly softUntil: number | null;
};

/**
 * A person apart from the instant: computed once from the state, then viewed at as many instants as
 * needed.
 */
export type PersonReading = {
  readonly profile: ProfileState;
  readonly channels: { readonly [name in Channel]: ChannelReading };
  readonly engagement: EngagementReading;
  readonly resend: ResendOffer | null;
  readonly silentUntil: number | null;
  readonly deviceReachedAt: number | null;
};

function untouched(consent: Consent, isOnProbation: boolean): ChannelReading {
  const days = NO_DAYS;
  return { state: EMPTY_CHANNEL, days, flags: NO_FLAGS, consent, isOnProbation, softUntil: null };
}

const UNTOUCHED = { off: untouched('off', false), unknown: untouched('unknown', false) };
const UNTOUCHED_ON_PROBATION = { off: untouched('off', true), unknown: untouched('unknown', true) };

/** How channels read that nothing is known of: most people have one channel, and three of these. */
export const UNTOUCHED_READINGS: readonly ChannelReading[] = [
  ...Object.values(UNTOUCHED),
  ...Object.values(UNTOUCHED_ON_PROBATION),
];

type Live = {
  readonly humanAt: number | null;
  readonly sureAt: number | null;
  readonly successAt: number | null;
};
type LiveChannels = { readonly [name in Channel]: Live };

const NOTHING_LIVE: Live = { humanAt: null, sureAt: null, successAt: null };

function withLeg(live: Live, leg: Leg): Live {
  let { humanAt, sureAt, successAt } = live;
  if (leg.clicks.length > 0) {
    const clicks = readClicks(leg);
    humanAt = latest(humanAt, clicks.humanAt);
    sureAt = latest(sureAt, clicks.sureAt);
  }
  for (const part of leg.parts) {
    if (part.fails.length === 0) successAt = latest(successAt, part.deliveredAt);
  }
  const isSame = humanAt === live.humanAt && sureAt === live.sureAt && successAt === live.successAt;
  return isSame ? live : { humanAt, sureAt, successAt };
}

/** What deliveries not yet settled show, beside the channel's registers. */
function readLive(person: PersonState): LiveChannels {
  const live = {
    email: NOTHING_LIVE,
    sms: NOTHING_LIVE,
    whatsapp: NOTHING_LIVE,
    push: NOTHING_LIVE,
  };
  // Successes are asked for only to end a probation.
  const needsSuccess = person.profile.reinstated !== null;
  for (const { legs } of needsSuccess ? person.deliveries : person.telling) {
    for (const leg of legs) live[leg.channel] = withLeg(live[leg.channel], leg);
  }
  return live;
}

function readChannel(
  channel: Channel,
  profile: ProfileState,
  profileConsent: Consent,
  live: Live,
): ChannelReading {
  const state = profile.channels[channel];
  // A complaint about mail stands in the profile, so mail is always read.
  if (state === EMPTY_CHANNEL && channel !== 'email') {
    const readings = profile.reinstated === null ? UNTOUCHED : UNTOUCHED_ON_PROBATION;
    // The person's own switch can take these channels away, never give them.
    return readings[profileConsent === 'off' ? 'off' : 'unknown'];
  }
  const reinstatedAt = profile.reinstated?.at ?? null;
  const cutDay = cutDayOf(reinstatedAt);
  const to = channel === 'push' ? '' : (state.current?.to ?? '');
  const history = findHistory(channel, state, to);
  const successAt = latest(state.successAt, live.successAt);
  const from = ladderDay(profile.newestReceipt);
  const ladder =
    history === undefined
      ? null
      : replayLadder(channel, history.table, history.ladder, { from, before: Infinity, cutDay });
  return {
    state,
    days: history === undefined ? NO_DAYS : readDays(history.table, cutDay),
    flags: readFlags(channel, profile, state, latest(state.sureAt, live.sureAt)),
    consent: channelConsent(channel === 'email', profileConsent, layerConsent(state.consent)),
    isOnProbation: reinstatedAt !== null && (successAt === null || successAt <= reinstatedAt),
    softUntil: ladder?.until ?? null,
  };
}

function readSilence(profile: ProfileState, profileConsent: Consent): number | null {
  const { complaint, consent, channels } = profile;
  let at: number | null = null;
  if (complaint !== null && stands(complaint, profile.reinstated?.at ?? null)) at = complaint.at;
  if (profileConsent === 'off') at = latest(at, consent.off?.at ?? null);
  const email = channels.email.consent;
  if (layerConsent(email) === 'off') at = latest(at, email.off?.at ?? null);
  return at === null ? null : at + SILENCE_MS;
}

function makeReading(person: PersonState): PersonReading {
  const { profile } = person;
  const live = readLive(person);
  const consent = layerConsent(profile.consent);
  const channels = {
    email: readChannel('email', profile, consent, live.email),
    sms: readChannel('sms', profile, consent, live.sms),
    whatsapp: readChannel('whatsapp', profile, consent, live.whatsapp),
    push: readChannel('push', profile, consent, live.push),
  };
  let liveClickAt: number | null = null;
  for (const channel of CHANNELS) liveClickAt = latest(liveClickAt, live[channel].humanAt);
  const emailClickAt = latest(profile.channels.email.humanAt, live.email.humanAt);
  const emailTo = profile.channels.email.current?.to ?? '';
  return {
    profile,
    channels,
    engagement: readEngagement(profile, liveClickAt, emailClickAt),
    resend: readResend(person.telling, emailTo),
    silentUntil: readSilence(profile, consent),
    deviceReachedAt: latestDelivered(channels.push.flags.liveDevices),
  };
}

let lastPerson: PersonState | null = null;
let lastReading: PersonReading | null = null;

/**
 * Reads a person. A state is never changed in place, so what was read of the person asked about last
 * is kept: view, timer and reasons of one state share it.
 */
export function readPerson(person: PersonState): PersonReading {
  if (person === lastPerson && lastReading !== null) return lastReading;
  const reading = makeReading(person);
  lastPerson = person;
  lastReading = reading;
  return reading;
}
