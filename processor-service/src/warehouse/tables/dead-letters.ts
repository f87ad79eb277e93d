import type { DeadLetterFacts } from '@landed/schemas/dead-letter';
import { flag, instant, placeColumns, text, whole } from '../column.ts';
import type { RecordPlace, Table } from '../column.ts';

/** A record of the dead-letter topic: the facts in its headers and its key, without the bytes. */
export type DeadLetterRow = {
  readonly facts: DeadLetterFacts;
  /** Profile key, '' where it was not known. */
  readonly key: string;
};

const OFFSET = /^\d{1,19}$/;
const PARTITION_MAX = 2 ** 31;
/** The year 2096, ms: far within what a DateTime64 holds. */
const INSTANT_MAX = 4e12;

/** Headers are written by several programs: what cannot be a count is none. */
const count = (value: number, max = Number.MAX_SAFE_INTEGER): number =>
  Number.isSafeInteger(value) && value >= 0 && value <= max ? value : 0;

/** Where the bytes first were; a request that never became a record is known by its dead letter. */
function sourceOf(row: DeadLetterRow, place: RecordPlace) {
  const { origin } = row.facts;
  if (!origin) return { topic: '', partition: place.partition, offset: place.offset };
  const offset = OFFSET.test(origin.offset) ? BigInt(origin.offset) : 0n;
  return { topic: origin.topic, partition: count(origin.partition, PARTITION_MAX), offset };
}

/** An instant that cannot be one is that of the record. */
const foundAt = (row: DeadLetterRow, place: RecordPlace): number => {
  const { at } = row.facts;
  return count(at, INSTANT_MAX) > 0 ? at : place.timestamp;
};

/** One row per dead letter, facts only. */
export const deadLetters: Table<DeadLetterRow> = {
  name: 'dead_letters_log',
  view: 'dead_letters',
  columns: [
    text('workspace', (row) => row.facts.workspace),
    instant('dead_at', foundAt),
    text('stage', (row) => row.facts.stage),
    text('reason', (row) => row.facts.reason),
    text('detail', (row) => row.facts.detail),
    text('event_id', (row) => row.facts.eventId),
    text('profile_id', (row) => row.key),
    text('source_topic', (row, place) => sourceOf(row, place).topic),
    whole('source_partition', (row, place) => sourceOf(row, place).partition),
    whole('source_offset', (row, place) => sourceOf(row, place).offset),
    text('payload_sha256', (row) => row.facts.originalSha256),
    whole('payload_bytes', (row) => count(row.facts.originalBytes)),
    flag('is_truncated', (row) => row.facts.isTruncated),
    ...placeColumns<DeadLetterRow>(),
    whole('row_version', (_row, place) => BigInt(place.timestamp)),
  ],
};
