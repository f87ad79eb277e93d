import type { ChannelView, Identifiers, Profile, View } from '@landed/schemas/events.gen';
import { workspaceOf } from '@landed/schemas/key';
import { CHANNELS } from '../../core/event.ts';
import type { Channel } from '../../core/event.ts';
import { emptyPerson } from '../../core/person.ts';
import { view as viewOf } from '../../core/view.ts';
import { day, flag, instant, placeColumns, real, text, whole, wholeOrNull } from '../column.ts';
import type { Column, Table } from '../column.ts';

/** A record of the profiles topic: where a person stands, or that the person was erased. */
export type ProfileRow = {
  readonly key: string;
  /** Null: the record was empty. */
  readonly profile: Profile | null;
};

const NO_IDENTIFIERS: Identifiers = { customer_id: null, cio_id: null, email_hash: null };
const UNKNOWN_VIEW: View = viewOf(emptyPerson(), 0);

const identifiers = (row: ProfileRow): Identifiers => row.profile?.identifiers ?? NO_IDENTIFIERS;
const person = (row: ProfileRow): View => row.profile?.view ?? UNKNOWN_VIEW;

const channelColumns = (channel: Channel): readonly Column<ProfileRow>[] => {
  const of = (row: ProfileRow): ChannelView => person(row)[channel];
  const named = (field: string): string => `${channel}_${field}`;
  return [
    whole(named('score'), (row) => of(row).score),
    text(named('band'), (row) => of(row).band),
    flag(named('deliverable'), (row) => of(row).deliverable),
    text(named('blocked_by'), (row) => of(row).blocked_by),
    day(named('suppressed_until'), (row) => of(row).suppressed_until),
    text(named('consent'), (row) => of(row).consent),
    wholeOrNull(named('min_interval_days'), (row) => of(row).min_interval_days),
    real(named('soft_bounce_score'), (row) => of(row).soft_bounce_score),
    whole(named('soft_streak_days'), (row) => of(row).soft_streak_days),
    whole(named('block_days_7d'), (row) => of(row).block_days_7d),
    whole(named('delivered_1d'), (row) => of(row).delivered_1d),
    whole(named('delivered_7d'), (row) => of(row).delivered_7d),
    whole(named('delivered_30d'), (row) => of(row).delivered_30d),
    flag(named('reinstate_candidate'), (row) => of(row).reinstate_candidate),
    instant(named('hard_bounce_at'), (row) => of(row).hard_bounce_at),
    instant(named('last_bounce_at'), (row) => of(row).last_bounce_at),
    text(named('last_bounce_class'), (row) => of(row).last_bounce_class),
    text(named('last_bounce_kind'), (row) => of(row).last_bounce_kind),
    ...(channel === 'push'
      ? [wholeOrNull('push_live_devices', (row: ProfileRow) => of(row).live_devices)]
      : []),
  ];
};

const personColumns: readonly Column<ProfileRow>[] = [
  text('preferred_channel', (row) => person(row).preferred_channel),
  text('fallback_channel', (row) => person(row).fallback_channel),
  whole('complaint_count', (row) => person(row).complaint_count),
  instant('last_complaint_at', (row) => person(row).last_complaint_at),
  instant('last_human_click_at', (row) => person(row).last_human_click_at),
  instant('last_engaged_at', (row) => person(row).last_engaged_at),
  flag('engaged_30d', (row) => person(row).engaged_30d),
  wholeOrNull('email_engagement_score', (row) => person(row).email_engagement_score),
  whole('delivered_since_engaged', (row) => person(row).delivered_since_engaged),
  flag('cold_60d', (row) => person(row).cold_60d),
  flag('cold_90d', (row) => person(row).cold_90d),
  flag('cold_180d', (row) => person(row).cold_180d),
  flag('cold_270d', (row) => person(row).cold_270d),
  flag('graymail', (row) => person(row).graymail),
  text('recommended_cadence', (row) => person(row).recommended_cadence),
  flag('resend_eligible', (row) => person(row).resend_eligible),
  instant('resend_after', (row) => person(row).resend_after),
  text('resend_reason', (row) => person(row).resend_reason),
];

/** One wide row per person; the record with the greatest offset stands. */
export const profiles: Table<ProfileRow> = {
  name: 'profiles_log',
  view: 'profiles',
  columns: [
    text('workspace', (row) => row.profile?.workspace ?? workspaceOf(row.key)),
    text('profile_id', (row) => row.profile?.profile_id ?? row.key),
    text('customer_id', (row) => identifiers(row).customer_id),
    text('cio_id', (row) => identifiers(row).cio_id),
    text('email_hash', (row) => identifiers(row).email_hash),
    whole('version', (row) => row.profile?.version ?? 0),
    instant('published_at', (row) => row.profile?.published_at ?? null),
    ...CHANNELS.flatMap(channelColumns),
    ...personColumns,
    instant('next_change_at', (row) => row.profile?.next_change_at ?? null),
    instant('timer_at', (row) => row.profile?.timer_at ?? null),
    instant('updated_at', (row) => row.profile?.updated_at ?? 0),
    whole('score_version', (row) => row.profile?.score_version ?? 0),
    whole('rules_version', (row) => row.profile?.rules_version ?? 0),
    instant('processed_at', (_row, place) => place.timestamp),
    ...placeColumns<ProfileRow>(),
    whole('is_deleted', (row) => (row.profile === null ? 1 : 0)),
  ],
};
