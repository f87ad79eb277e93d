import type { Cause, ChannelView, Reason, View } from '@landed/schemas/events.gen';
import { dayOf } from './clock.ts';
import { layerConsent } from './consent.ts';
import { severityQuarters } from './day-table.ts';
import { CHANNELS } from './event.ts';
import type { Channel } from './event.ts';
import type { Evidence, Mark } from './marks.ts';
import type { PersonState } from './person.ts';
import { remedyFor, weightLeft } from './remedy.ts';
import { readPerson } from './reading.ts';
import type { ChannelReading, PersonReading } from './reading.ts';
import { onProbation, scoreOf, sumDays } from './score.ts';

const NOTHING: Omit<Reason, 'code'> = {
  channel: null,
  failure_class: null,
  failure_kind: null,
  rule: null,
  points: null,
  since: null,
  event_ids: [],
  weight_left_percent: null,
  remedy: null,
};

/** Codes from what weighs most to what weighs least; reasons are given in this order. */
const ORDER = [
  'hard_bounce',
  'complaint',
  'esp_suppressed',
  'soft_bounces',
  'consent_off',
  'probation',
  'soft_failures',
  'blocks',
  'cold',
  'graymail',
  'resend',
  'reinstated',
  'consent_on',
  'engaged',
  'success',
  'time',
] as const;

type Code = (typeof ORDER)[number];

function reason(code: Code, parts: Partial<Reason>): Reason {
  return { ...NOTHING, ...parts, code };
}

function isEvidence(mark: Mark): mark is Evidence {
  return 'cls' in mark;
}

/** A mark as the parts of a reason: since when, by which event, and the failure if it is one. */
function markParts(mark: Mark | null): Partial<Reason> {
  if (mark === null) return {};
  const base = { since: mark.at, event_ids: [mark.eventId] };
  if (!isEvidence(mark)) return base;
  return { ...base, failure_class: mark.cls, failure_kind: mark.kind, rule: mark.rule };
}

/** Failures among those remembered: the latest gives class, kind and rule. Latest id first. */
function failureParts(failures: readonly Evidence[]): Partial<Reason> {
  const last = failures.at(-1);
  if (last === undefined) return {};
  const ids = failures.map((failure) => failure.eventId).reverse();
  const since = failures[0]?.at ?? null;
  return { ...markParts(last), since, event_ids: [...new Set(ids)] };
}

/** What the days of a channel give and cost, in points of the score. */
function dayReasons(
  channel: Channel,
  reading: ChannelReading,
  after: ChannelView,
  today: number,
): Reason[] {
  const { failures } = reading.state;
  const sums = sumDays(reading.days, today);
  const score = scoreOf(sums);
  const reasons: Reason[] = [];
  const weighing = failures.filter(({ cls, kind }) => severityQuarters(cls, kind) > 0);
  const evidence = {
    ...failureParts(weighing),
    channel,
    weight_left_percent: weightLeft(weighing.at(-1)?.at ?? null, today),
  };
  if (after.blocked_by === 'soft_bounces') reasons.push(reason('soft_bounces', evidence));
  if (sums.f > 0) {
    const points = score - scoreOf({ s: sums.s, f: 0, sbs: 0 });
    reasons.push(reason('soft_failures', { ...evidence, points }));
  }
  const probation = onProbation(score, reading.isOnProbation) - score;
  if (probation < 0) reasons.push(reason('probation', { channel, points: probation }));
  if (after.block_days_7d > 0) {
    const blocks = failures.filter(({ cls }) => cls === 'block');
    reasons.push(reason('blocks', { ...failureParts(blocks), channel, points: 0 }));
  }
  if (sums.s > 0) {
    reasons.push(reason('success', { channel, points: score - scoreOf({ ...sums, s: 0 }) }));
  }
  return reasons;
}

function channelReasons(
  channel: Channel,
  reading: ChannelReading,
  after: ChannelView,
  today: number,
): Reason[] {
  const { flags, state } = reading;
  const reasons = dayReasons(channel, reading, after, today);
  if (flags.durable !== null) {
    const points = -onProbation(scoreOf(sumDays(reading.days, today)), reading.isOnProbation);
    reasons.push(reason(flags.durable, { ...markParts(flags.evidence), channel, points }));
  }
  const own = layerConsent(state.consent);
  if (own === 'off')
    reasons.push(reason('consent_off', { ...markParts(state.consent.off), channel }));
  if (own === 'on') reasons.push(reason('consent_on', { ...markParts(state.consent.on), channel }));
  return reasons;
}

function coldFlag(after: View): string | null {
  if (after.cold_270d) return 'cold_270d';
  if (after.cold_180d) return 'cold_180d';
  if (after.cold_90d) return 'cold_90d';
  return after.cold_60d ? 'cold_60d' : null;
}

function personReasons(reading: PersonReading, after: View): Reason[] {
  const { profile, engagement, resend } = reading;
  const reasons: Reason[] = [];
  const consent = layerConsent(profile.consent);
  if (consent === 'off') reasons.push(reason('consent_off', markParts(profile.consent.off)));
  if (consent === 'on') reasons.push(reason('consent_on', markParts(profile.consent.on)));
  if (profile.reinstated !== null)
    reasons.push(reason('reinstated', markParts(profile.reinstated)));
  const cold = coldFlag(after);
  if (cold !== null) {
    reasons.push(reason('cold', { channel: 'email', rule: cold, since: engagement.base }));
  }
  if (after.graymail) {
    const since = engagement.lastEngagedAt ?? profile.firstDeliveredAt;
    reasons.push(reason('graymail', { channel: 'email', since }));
  }
  if (after.engaged_30d) reasons.push(reason('engaged', { since: after.last_engaged_at }));
  if (resend !== null && after.resend_reason !== null) {
    const [cls, kind] = after.resend_reason.split(':');
    reasons.push(
      reason('resend', {
        channel: 'email',
        failure_class: cls ?? null,
        failure_kind: kind ?? null,
      }),
    );
  }
  return reasons;
}

function rank({ code }: Reason): number {
  return ORDER.findIndex((name) => name === code);
}

/**
 * Why a view is as it is, strongest first, each reason with its evidence (at most 5 event ids, the
 * latest, whatever order they came in). Holds no address.
 *
 * @param at instant of the view, ms; the newest the person's state knows of if left out
 */
export function explain(
  person: PersonState,
  after: View,
  cause: Pick<Cause, 'kind'>,
  at?: number,
): Reason[] {
  const { latestTs, newestReceipt } = person.profile;
  const today = dayOf(at ?? Math.max(latestTs ?? 0, newestReceipt ?? 0));
  const reading = readPerson(person);
  const reasons = personReasons(reading, after);
  for (const channel of CHANNELS) {
    reasons.push(...channelReasons(channel, reading.channels[channel], after[channel], today));
  }
  if (cause.kind === 'timer') reasons.push(reason('time', {}));
  return reasons
    .sort((a, b) => rank(a) - rank(b))
    .map((one) => ({ ...one, remedy: remedyFor(one, after) }));
}
export { summarise } from './summary.ts';
