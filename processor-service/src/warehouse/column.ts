/** Where a record stands in Kafka. */
export type RecordPlace = {
  readonly partition: number;
  readonly offset: bigint;
  /** Time of the record, ms. */
  readonly timestamp: number;
};

/** A value as it stands in a row of JSONCompactEachRow. Instants are ms, whole numbers may be text. */
export type Cell =
  string | number | boolean | null | readonly Cell[] | { readonly [name: string]: Cell };

/** How a cell is written and compared. */
export type CellKind = 'text' | 'whole' | 'real' | 'flag' | 'instant' | 'list';

export type Column<R> = {
  readonly name: string;
  readonly kind: CellKind;
  readonly read: (record: R, place: RecordPlace) => Cell;
};

export type TableName =
  'message_outcomes_log' | 'score_changes_log' | 'profiles_log' | 'dead_letters_log';

/** A table that is written from one topic: a row per record. */
export type Table<R> = {
  readonly name: TableName;
  /** The view BI reads. */
  readonly view: string;
  readonly columns: readonly Column<R>[];
};

/*
 * What is missing: a word or an id is '' or 0, so that filters, joins and GROUP BY need no special
 * case; an instant or a measure is null, so that min, avg and IS NULL tell the truth. The comments
 * in schemas/clickhouse say the same to those who read the tables.
 */

type Read<R, T> = (record: R, place: RecordPlace) => T;

export const text = <R>(name: string, read: Read<R, string | null>): Column<R> => ({
  name,
  kind: 'text',
  read: (record, place) => read(record, place) ?? '',
});

/** An id or a count. */
export const whole = <R>(name: string, read: Read<R, number | bigint | null>): Column<R> => ({
  name,
  kind: 'whole',
  read: (record, place) => {
    const value = read(record, place) ?? 0;
    return typeof value === 'bigint' ? value.toString() : value;
  },
});

/** A whole measure whose absence means something. */
export const wholeOrNull = <R>(name: string, read: Read<R, number | null>): Column<R> => ({
  name,
  kind: 'whole',
  read,
});

export const real = <R>(name: string, read: Read<R, number | null>): Column<R> => ({
  name,
  kind: 'real',
  read,
});

export const flag = <R>(name: string, read: Read<R, boolean>): Column<R> => ({
  name,
  kind: 'flag',
  read,
});

export const instant = <R>(name: string, read: Read<R, number | null>): Column<R> => ({
  name,
  kind: 'instant',
  read,
});

/** A UTC day, YYYY-MM-DD. */
export const day = <R>(name: string, read: Read<R, string | null>): Column<R> => ({
  name,
  kind: 'text',
  read,
});

export const list = <R>(name: string, read: Read<R, readonly Cell[]>): Column<R> => ({
  name,
  kind: 'list',
  read,
});

/** Newer rules replace rows, late repeats do not: rules version * 2^48 + time of the record, ms. */
export const rowVersion = (rulesVersion: number, place: RecordPlace): bigint =>
  (BigInt(rulesVersion) << 48n) + BigInt(place.timestamp);

/** The cells of a record's row, in the order of the columns. */
export const rowOf = <R>(table: Table<R>, record: R, place: RecordPlace): readonly Cell[] =>
  table.columns.map((column) => column.read(record, place));

/** The columns that say where the record stands. */
export const placeColumns = <R>(): readonly Column<R>[] => [
  whole('kafka_partition', (_record, place) => place.partition),
  whole('kafka_offset', (_record, place) => place.offset),
];
