import { DecodeError } from '@landed/schemas/codec';
import type { LogRecord, PartitionReader } from '../../log/partition-reader.ts';
import { rowOf } from '../../warehouse/column.ts';
import type { RecordPlace, Table } from '../../warehouse/column.ts';
import type { Reach } from './cut.ts';
import type { Expectation } from './expectation.ts';
import type { Tally } from './tally.ts';

/** A topic whose records become the rows of a table. */
export type TableSource<R> = {
  readonly table: Table<R>;
  readonly topic: string;
  /** Columns that make a row what it is. */
  readonly keyColumns: readonly string[];
  readonly prepare: (values: Iterable<Buffer | null>) => Promise<void>;
  /** Throws DecodeError. */
  readonly decode: (record: LogRecord) => R;
  /** How a finding names it. */
  readonly idOf: (record: R) => string;
  /** True when the record takes its row away. */
  readonly isGone?: (record: R) => boolean;
};

export type Placed<R> = { readonly record: R; readonly place: RecordPlace };

export type TablePart<R> = {
  readonly reader: PartitionReader;
  readonly source: TableSource<R>;
  readonly partition: number;
  readonly reach: Reach;
  readonly expected: Expectation;
  readonly isParked: (topic: string, partition: number, offset: bigint) => boolean;
  readonly tally: Tally;
};

const placeOf = (partition: number, { offset, timestamp }: LogRecord): RecordPlace => ({
  partition,
  offset,
  timestamp,
});

/** Decodes a record; one that cannot be read must have been kept as a dead letter. */
function decodeOrReport<R>(part: TablePart<R>, record: LogRecord): R | null {
  const { source, partition, tally } = part;
  try {
    return source.decode(record);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { offset } = record;
    const isKept = part.isParked(source.topic, partition, offset);
    if (isKept) tally.count('parked', record.timestamp);
    else if (offset < part.reach.committed) {
      const id = `${source.topic} ${partition}/${offset.toString()}`;
      const detail = 'a record that cannot be read and no dead letter of it';
      tally.find({ kind: 'lost', where: source.table.view, id, detail }, record.timestamp);
    }
    return null;
  }
}

/** Puts down what row a record must have, as far as it was committed. */
function expectRow<R>(part: TablePart<R>, record: R, place: RecordPlace): void {
  const { source, expected, reach, tally } = part;
  const row = rowOf(source.table, record, place);
  if (place.offset >= reach.committed) expected.leaveOpen(row);
  else if (part.isParked(source.topic, place.partition, place.offset)) {
    tally.count('parked', place.timestamp);
  } else if (source.isGone?.(record) === true) expected.remove(row);
  else expected.put(row, place);
}

/** Reads a partition to its end, page by page, and notes on the way which rows there must be. */
export async function* expectRecords<R>(
  part: TablePart<R>,
): AsyncGenerator<readonly Placed<R>[], void, void> {
  const { reader, source, partition, reach } = part;
  const { topic } = source;
  const pages = reader.read({ topic, partition, from: reach.earliest, to: reach.end });
  for await (const { records } of pages) {
    await source.prepare(records.map((record) => record.value));
    const placed: Placed<R>[] = [];
    for (const record of records) {
      const decoded = decodeOrReport(part, record);
      if (decoded === null) continue;
      const place = placeOf(partition, record);
      expectRow(part, decoded, place);
      placed.push({ record: decoded, place });
    }
    yield placed;
  }
}

/** One record read again, for a finding; null when it is gone by now. */
export async function readOne<R>(
  part: Pick<TablePart<R>, 'reader' | 'source' | 'partition'>,
  offset: bigint,
): Promise<Placed<R> | null> {
  const { reader, source, partition } = part;
  const range = { topic: source.topic, partition, from: offset, to: offset + 1n };
  for await (const { records } of reader.read({ ...range, pageBytes: 65_536 })) {
    for (const record of records) {
      await source.prepare([record.value]);
      return { record: source.decode(record), place: placeOf(partition, record) };
    }
  }
  return null;
}
