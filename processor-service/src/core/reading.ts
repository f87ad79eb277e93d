import { latest } from './clock.ts';
import { readClicks } from './clicks.ts';
import { channelConsent, layerConsent } from './consent.ts';
import type { Consent } from './consent.ts';
import { SILENCE_MS, latestDelivered } from './channel.ts';
import { findHistory } from './draft.ts';
import { readEngagement } from './engagement.ts';
import type { EngagementReading } from './engagement.ts';
import type { Channel } from './event.ts';
import { readFlags } from './flags.ts';
import type { Flags } from './flags.ts';
import { stands } from './marks.ts';
import type { PersonState } from './person.ts';
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

type Live = { humanAt: number | null; sureAt: number | null; successAt: number | null };
type LiveChannels = { readonly [name in Channel]: Live };

function nothingLive(): Live {
  return { humanAt: null, sureAt: null, successAt: null };
}

/** What deliveries not yet settled show, beside the channel's registers. */
function readLive(person: PersonState): LiveChannels {
  const live = {
    email: nothingLive(),
    sms: nothingLive(),
    whatsapp: nothingLive(),
    push: nothingLive(),
  };
  for (const delivery of person.deliveries) {
    for (const leg of delivery.legs) {
      const channel = live[leg.channel];
      if (leg.clicks.length > 0) {
        const clicks = readClicks(leg);
        channel.humanAt = latest(channel.humanAt, clicks.humanAt);
        channel.sureAt = latest(channel.sureAt, clicks.sureAt);
      }
      for (const part of leg.parts) {
        if (part.fails.length > 0) continue;
        channel.successAt = latest(channel.successAt, part.deliveredAt);
      }
    }
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
  for (const { humanAt } of Object.values(live)) liveClickAt = latest(liveClickAt, humanAt);
  const emailClickAt = latest(profile.channels.email.humanAt, live.email.humanAt);
  const emailTo = profile.channels.email.current?.to ?? '';
  return {
    profile,
    channels,
    engagement: readEngagement(profile, liveClickAt, emailClickAt),
    resend: readResend(person.deliveries, emailTo),
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
