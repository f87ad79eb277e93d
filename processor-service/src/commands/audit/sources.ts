import { createDecoder, DecodeError } from '@landed/schemas/codec';
import { readDeadLetterHeaders } from '@landed/schemas/dead-letter';
import type { MessageOutcome, ScoreChange } from '@landed/schemas/events.gen';
import type { TopicNames } from '@landed/schemas/topics';
import type { LogRecord } from '../../log/partition-reader.ts';
import { deadLetters } from '../../warehouse/tables/dead-letters.ts';
import type { DeadLetterRow } from '../../warehouse/tables/dead-letters.ts';
import { messageOutcomes } from '../../warehouse/tables/message-outcomes.ts';
import { profiles } from '../../warehouse/tables/profiles.ts';
import type { ProfileRow } from '../../warehouse/tables/profiles.ts';
import { scoreChanges } from '../../warehouse/tables/score-changes.ts';
import type { TableSource } from './table-records.ts';

export type Sources = {
  readonly outcomes: TableSource<MessageOutcome>;
  readonly scoreChanges: TableSource<ScoreChange>;
  readonly profiles: TableSource<ProfileRow>;
  readonly deadLetters: TableSource<DeadLetterRow>;
};

function valueOf(record: LogRecord): Buffer {
  if (record.value === null) throw new DecodeError('truncated', 'the record is empty');
  return record.value;
}

/**
 * The four topics that become tables. An event is known by its id alone, so that a row under another
 * sort key shows as a second one; the others are known by the sort keys of schemas/clickhouse.
 */
export function tableSources(
  topics: TopicNames,
  fetchSchema: (id: number) => Promise<string>,
): Sources {
  const outcome = createDecoder('MessageOutcome', fetchSchema);
  const change = createDecoder('ScoreChange', fetchSchema);
  const profile = createDecoder('Profile', fetchSchema);
  return {
    outcomes: {
      table: messageOutcomes,
      topic: topics.outcomes,
      keyColumns: ['workspace', 'event_id'],
      prepare: outcome.prepare,
      decode: (record) => outcome.decode(valueOf(record)),
      idOf: ({ event_id: id }) => id,
    },
    scoreChanges: {
      table: scoreChanges,
      topic: topics.scoreChanges,
      keyColumns: ['workspace', 'profile_id', 'version'],
      prepare: change.prepare,
      decode: (record) => change.decode(valueOf(record)),
      idOf: ({ profile_id: id, version }) => `${id} version ${version}`,
    },
    profiles: {
      table: profiles,
      topic: topics.profiles,
      keyColumns: ['workspace', 'profile_id'],
      prepare: profile.prepare,
      decode: (record) => ({
        key: record.key?.toString() ?? '',
        profile: record.value === null ? null : profile.decode(record.value),
      }),
      idOf: ({ key }) => key,
      isGone: (row) => row.profile === null,
    },
    deadLetters: {
      table: deadLetters,
      topic: topics.deadLetters,
      keyColumns: [
        'workspace',
        'dead_at',
        'stage',
        'source_topic',
        'source_partition',
        'source_offset',
      ],
      prepare: async () => Promise.resolve(),
      decode: (record) => ({
        facts: readDeadLetterHeaders(record.headers),
        key: record.key?.toString() ?? '',
      }),
      idOf: ({ facts }) => facts.eventId,
    },
  };
}
