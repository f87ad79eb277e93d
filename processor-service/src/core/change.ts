import type { ChannelView, View } from '@landed/schemas/events.gen';
import { dayOf } from './clock.ts';
import { CHANNELS } from './event.ts';

/** The score must differ by as much as this to be published for its own sake. */
export const SCORE_STEP = 5;

/** Fields that may drift by themselves: they do not make a timer. */
const SILENT: ReadonlySet<string> = new Set([
  'score',
  'soft_bounce_score',
  'soft_streak_days',
  'block_days_7d',
  'delivered_1d',
  'delivered_7d',
  'delivered_30d',
  'email_engagement_score',
]);

/** Fields of a channel whose change is published: band, durable flags, suppression, what follows. */
const PUBLISHED_OF_CHANNEL: ReadonlySet<string> = new Set([
  'band',
  'deliverable',
  'blocked_by',
  'suppressed_until',
  'consent',
  'min_interval_days',
  'reinstate_candidate',
]);

/** Fields of the person whose change is published. */
const PUBLISHED_OF_PERSON: ReadonlySet<string> = new Set([
  'preferred_channel',
  'fallback_channel',
  'complaint_count',
  'engaged_30d',
  'cold_60d',
  'cold_90d',
  'cold_180d',
  'cold_270d',
  'graymail',
  'recommended_cadence',
  'resend_eligible',
]);

function isCounted(name: string): boolean {
  return !SILENT.has(name.slice(name.indexOf('.') + 1));
}

const CHANNEL_FIELDS: readonly (keyof ChannelView)[] = [
  'score',
  'band',
  'deliverable',
  'blocked_by',
  'suppressed_until',
  'consent',
  'min_interval_days',
  'soft_bounce_score',
  'soft_streak_days',
  'block_days_7d',
  'delivered_1d',
  'delivered_7d',
  'delivered_30d',
  'reinstate_candidate',
  'hard_bounce_at',
  'last_bounce_at',
  'last_bounce_class',
  'last_bounce_kind',
  'live_devices',
];

type PersonField = Exclude<keyof View, (typeof CHANNELS)[number]>;

const PERSON_FIELDS: readonly PersonField[] = [
  'preferred_channel',
  'fallback_channel',
  'complaint_count',
  'last_complaint_at',
  'last_human_click_at',
  'last_engaged_at',
  'engaged_30d',
  'email_engagement_score',
  'delivered_since_engaged',
  'cold_60d',
  'cold_90d',
  'cold_180d',
  'cold_270d',
  'graymail',
  'recommended_cadence',
  'resend_eligible',
  'resend_after',
  'resend_reason',
];

/** Names of all fields that differ: `channel.field`, or a field of the person. */
export function changedFields(before: View, after: View): string[] {
  const changed: string[] = [];
  for (const channel of CHANNELS) {
    const was = before[channel];
    const is = after[channel];
    for (const field of CHANNEL_FIELDS) {
      if (was[field] !== is[field]) changed.push(`${channel}.${field}`);
    }
  }
  for (const field of PERSON_FIELDS) if (before[field] !== after[field]) changed.push(field);
  return changed;
}

/** Of the fields that differ, those which a timer waits for (score.md section 10). */
export function countedChanges(before: View, after: View): string[] {
  return changedFields(before, after).filter(isCounted);
}

function isPublished(name: string): boolean {
  const dot = name.indexOf('.');
  return dot < 0 ? PUBLISHED_OF_PERSON.has(name) : PUBLISHED_OF_CHANNEL.has(name.slice(dot + 1));
}

function dayOrNull(instant: number | null): number | null {
  return instant === null ? null : dayOf(instant);
}

function movesByStep(before: View, after: View, scoreStep: number): boolean {
  return CHANNELS.some((name) => Math.abs(before[name].score - after[name].score) >= scoreStep);
}

/**
 * Compares the view last published with the one that holds now.
 *
 * @returns `changed`: every field that differs. `publish`: whether that makes a score change, by
 *   the rule of the contract; small drifts of scores and dates alone do not.
 */
export function compareViews(
  before: View,
  after: View,
  scoreStep = SCORE_STEP,
): { readonly changed: readonly string[]; readonly publish: boolean } {
  const changed = changedFields(before, after);
  const publish =
    changed.some(isPublished) ||
    dayOrNull(before.last_human_click_at) !== dayOrNull(after.last_human_click_at) ||
    movesByStep(before, after, scoreStep);
  return { changed, publish };
}
