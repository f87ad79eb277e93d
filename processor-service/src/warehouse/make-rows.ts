import { createDecoder, DecodeError } from '@landed/schemas/codec';
import { readDeadLetterHeaders } from '@landed/schemas/dead-letter';
import type { TopicNames } from '@landed/schemas/topics';
import type { LogRecord } from '../log/partition-reader.ts';
import type { BufferedRow, Origin } from './buffer.ts';
import { rowOf } from './column.ts';
import type { Table, TableName } from './column.ts';
import type { ParkedRecord } from './dead-letter-writer.ts';
import { deadLetters } from './tables/dead-letters.ts';
import { messageOutcomes } from './tables/message-outcomes.ts';
import { profiles } from './tables/profiles.ts';
import { scoreChanges } from './tables/score-changes.ts';

/** Records of one partition, in the order of the log. */
export type Stretch = {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly LogRecord[];
};

/** What became of one record. */
export type Made =
  | { readonly kind: 'row'; readonly table: TableName; readonly row: BufferedRow }
  | { readonly kind: 'parked'; readonly parked: ParkedRecord };

export type RowMaker = {
  /** Rejects, retriable, when a schema cannot be fetched: nothing is made of any record then. */
  readonly make: (stretches: readonly Stretch[]) => Promise<readonly Made[]>;
};

type RowNotes = Pick<BufferedRow, 'day' | 'receivedAt' | 'replaces'>;

/** How records of one topic become rows. */
type Recipe = {
  readonly prepare: (values: Iterable<Buffer | null>) => Promise<void>;
  /** Throws DecodeError for a record that makes no row. */
  readonly make: (record: LogRecord, origin: Origin) => Made;
};

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function row<R>(table: Table<R>, record: R, origin: Origin, notes: RowNotes = {}): Made {
  const line = `${JSON.stringify(rowOf(table, record, origin))}\n`;
  return { kind: 'row', table: table.name, row: { line, origin, ...notes } };
}

function valueOf(record: LogRecord): Buffer {
  if (record.value === null) throw new DecodeError('truncated', 'the record is empty');
  return record.value;
}

function parkedMade(origin: Origin, error: DecodeError): Made {
  return { kind: 'parked', parked: { origin, reason: error.reason, detail: error.message } };
}

/** The four recipes, one a topic. */
function recipesOf(
  topics: TopicNames,
  fetchSchema: (id: number) => Promise<string>,
): ReadonlyMap<string, Recipe> {
  const outcome = createDecoder('MessageOutcome', fetchSchema);
  const change = createDecoder('ScoreChange', fetchSchema);
  const profile = createDecoder('Profile', fetchSchema);
  return new Map<string, Recipe>([
    [
      topics.outcomes,
      {
        prepare: outcome.prepare,
        make: (record, origin) => {
          const value = outcome.decode(valueOf(record));
          const notes = { day: dayOf(value.occurred_at), receivedAt: value.received_at };
          return row(messageOutcomes, value, origin, notes);
        },
      },
    ],
    [
      topics.scoreChanges,
      {
        prepare: change.prepare,
        make: (record, origin) => row(scoreChanges, change.decode(valueOf(record)), origin),
      },
    ],
    [
      topics.profiles,
      {
        prepare: profile.prepare,
        make: (record, origin) => {
          const key = record.key?.toString() ?? '';
          const value = record.value === null ? null : profile.decode(record.value);
          return row(profiles, { key, profile: value }, origin, { replaces: key });
        },
      },
    ],
    [
      topics.deadLetters,
      {
        prepare: async () => Promise.resolve(),
        make: (record, origin) => {
          const facts = readDeadLetterHeaders(record.headers);
          return row(deadLetters, { facts, key: record.key?.toString() ?? '' }, origin);
        },
      },
    ],
  ]);
}

/** Turns committed records into rows; those that can be none become dead letters. */
export function createRowMaker(deps: {
  readonly topics: TopicNames;
  readonly fetchSchema: (id: number) => Promise<string>;
}): RowMaker {
  const recipes = recipesOf(deps.topics, deps.fetchSchema);

  const makeOne = (recipe: Recipe, record: LogRecord, origin: Origin): Made => {
    try {
      return recipe.make(record, origin);
    } catch (error) {
      if (error instanceof DecodeError) return parkedMade(origin, error);
      throw error;
    }
  };

  return {
    make: async (stretches) => {
      for (const { topic, records } of stretches) {
        await recipes.get(topic)?.prepare(records.map((record) => record.value));
      }
      return stretches.flatMap(({ topic, partition, records }) => {
        const recipe = recipes.get(topic);
        if (!recipe) return [];
        return records.map((record) => {
          const { offset, timestamp, key, value } = record;
          return makeOne(recipe, record, { topic, partition, offset, timestamp, key, value });
        });
      });
    },
  };
}
