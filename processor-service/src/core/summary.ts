import type { Cause, ChannelView, Reason, View } from '@landed/schemas/events.gen';
import { CHANNELS } from './event.ts';
import type { Channel } from './event.ts';

/** Changes told in one sentence; the rest stands in the record. */
const CHANGES_MAX = 3;

const WORDS: ReadonlyMap<string, string> = new Map([
  ['hard_bounce', 'hard bounce'],
  ['complaint', 'spam complaint'],
  ['esp_suppressed', "on the provider's suppression list"],
  ['soft_bounces', 'repeated soft bounces'],
  ['consent_off', 'opted out'],
  ['probation', 'reinstated, not yet proven'],
  ['soft_failures', 'soft bounce'],
  ['blocks', 'sender blocked'],
]);

function causeText(cause: Cause): string {
  if (cause.kind === 'timer') return 'time passed';
  if (cause.kind === 'event' || cause.kind === 'command') return cause.metric ?? cause.kind;
  return cause.kind;
}

/** Why a channel is worse: its first reason with the kind of failure; why it is better: the cause. */
function whyChannel(channel: Channel, reasons: readonly Reason[], cause: Cause, isWorse: boolean) {
  const first = reasons.find((one) => one.channel === channel && WORDS.has(one.code));
  if (!isWorse || first === undefined) return causeText(cause);
  const word = WORDS.get(first.code) ?? first.code;
  const kind = first.code === 'complaint' ? null : first.failure_kind;
  return kind === null ? word : `${word} (${kind})`;
}

function valueText(value: View[keyof View] | ChannelView[keyof ChannelView]): string {
  return value === null || typeof value === 'object' ? 'none' : String(value);
}

function fieldText(name: string, before: View, after: View): string {
  const [channel, field] = name.split('.');
  const label = name.replaceAll(/[._]/g, ' ');
  if (channel === undefined || field === undefined) {
    const key = name as keyof View;
    return `${label} ${valueText(before[key])} -> ${valueText(after[key])}`;
  }
  const key = field as keyof ChannelView;
  const was = before[channel as Channel][key];
  return `${label} ${valueText(was)} -> ${valueText(after[channel as Channel][key])}`;
}

/** Fields worth a sentence of their own, in the order they are told. */
const TOLD = [
  'complaint_count',
  'preferred_channel',
  'email.consent',
  'sms.consent',
  'whatsapp.consent',
  'push.consent',
  'email.suppressed_until',
  'recommended_cadence',
  'engaged_30d',
  'cold_60d',
  'cold_90d',
  'cold_180d',
  'cold_270d',
  'graymail',
  'resend_eligible',
  'email.reinstate_candidate',
  'sms.reinstate_candidate',
  'whatsapp.reinstate_candidate',
  'push.reinstate_candidate',
  'fallback_channel',
  'email.blocked_by',
  'email.score',
  'sms.score',
  'whatsapp.score',
  'push.score',
] as const;

/**
 * One sentence for people: what changed and why, `email band healthy -> suppressed: hard bounce
 * (no_mailbox)`. Holds no address.
 */
export function summarise(
  before: View,
  after: View,
  changed: readonly string[],
  reasons: readonly Reason[],
  cause: Cause,
): string {
  const bands: string[] = [];
  for (const channel of CHANNELS) {
    if (!changed.includes(`${channel}.band`)) continue;
    const isWorse =
      after[channel].score < before[channel].score || after[channel].band === 'suppressed';
    const why = whyChannel(channel, reasons, cause, isWorse);
    bands.push(`${channel} band ${before[channel].band} -> ${after[channel].band}: ${why}`);
  }
  const fields = TOLD.filter((name) => changed.includes(name));
  const told = fields.map((name) => fieldText(name, before, after));
  const changes = [...bands, ...told].slice(0, CHANGES_MAX);
  if (changes.length === 0) return `${changed.length} fields changed: ${causeText(cause)}`;
  const text = changes.join('; ');
  return bands.length > 0 ? text : `${text}: ${causeText(cause)}`;
}
