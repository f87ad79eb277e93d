import type { ScoreChange } from '@landed/schemas/events.gen';
import { CHANNELS } from '../../core/event.ts';
import type { Channel } from '../../core/event.ts';
import { instant, list, placeColumns, rowVersion, text, whole } from '../column.ts';
import type { Column, Table } from '../column.ts';

const channelColumns = (channel: Channel): readonly Column<ScoreChange>[] =>
  (['before', 'after'] as const).flatMap((side) => [
    whole(`${channel}_score_${side}`, (change: ScoreChange) => change[side][channel].score),
    text(`${channel}_band_${side}`, (change: ScoreChange) => change[side][channel].band),
    text(
      `${channel}_blocked_by_${side}`,
      (change: ScoreChange) => change[side][channel].blocked_by,
    ),
  ]);

/** One row per version of a person. */
export const scoreChanges: Table<ScoreChange> = {
  name: 'score_changes_log',
  view: 'score_changes',
  columns: [
    text('workspace', (change) => change.workspace),
    text('profile_id', (change) => change.profile_id),
    text('customer_id', (change) => change.customer_id),
    text('cio_id', (change) => change.cio_id),
    whole('version', (change) => change.version),
    instant('changed_at', (change) => change.changed_at),
    text('summary', (change) => change.summary),
    list('changed', (change) => change.changed),
    text('cause', (change) => change.cause.kind),
    text('cause_event_id', (change) => change.cause.event_id),
    text('cause_metric', (change) => change.cause.metric),
    text('cause_channel', (change) => change.cause.channel),
    text('cause_delivery_id', (change) => change.cause.delivery_id),
    instant('cause_occurred_at', (change) => change.cause.occurred_at),
    list('reason_codes', (change) => change.reasons.map((reason) => reason.code)),
    text('reasons', (change) => JSON.stringify(change.reasons)),
    ...CHANNELS.flatMap(channelColumns),
    text('preferred_channel_before', (change) => change.before.preferred_channel),
    text('preferred_channel_after', (change) => change.after.preferred_channel),
    text('view', (change) => JSON.stringify(change.after)),
    whole('score_version', (change) => change.score_version),
    whole('rules_version', (change) => change.rules_version),
    instant('processed_at', (_change, place) => place.timestamp),
    whole('raw_partition', (change) => change.cause.raw_partition),
    whole('raw_offset', (change) => change.cause.raw_offset),
    ...placeColumns<ScoreChange>(),
    whole('row_version', (change, place) => rowVersion(change.rules_version, place)),
  ],
};
