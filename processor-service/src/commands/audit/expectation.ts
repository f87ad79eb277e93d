import type { Cell, CellKind, Column, RecordPlace, Table } from '../../warehouse/column.ts';
import { digestOf } from './digest.ts';

/** Columns of the tables that no view shows. */
const HIDDEN = new Set(['row_version', 'is_deleted']);

/** Rows that must be in a view, by digest: built from the records of one partition. */
export type Expectation = {
  /** A row in the order of the table's columns. Of two under one key the later stands. */
  readonly put: (row: readonly Cell[], place: RecordPlace) => void;
  /** The key must have no row. */
  readonly remove: (row: readonly Cell[]) => void;
  /** The record was kept as a dead letter or is newer than the rows: whether it has a row is open. */
  readonly leaveOpen: (row: readonly Cell[]) => void;
  readonly size: () => number;
  /** Meets a row of the view. The first answer for a key says how it compares; a second is `again`. */
  readonly meet: (row: readonly Cell[]) => 'same' | 'different' | 'again' | 'unknown' | 'open';
  /** Offset of the record a key was expected from. */
  readonly offsetOf: (row: readonly Cell[]) => bigint | null;
  /** Offsets of the records whose rows were not met. */
  readonly missing: () => readonly bigint[];
};

/** One text for a value, however it was written: numbers, quoted numbers, records. */
export function canonical(value: unknown, kind: CellKind): string {
  if (value === null || value === undefined) return 'null';
  if (kind === 'flag') return value === true || value === 1 ? 'true' : 'false';
  if (kind === 'list') return JSON.stringify(value);
  if (kind === 'real') return String(Number(value));
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What to select so that a column reads as `canonical` wants it. */
export const selected = <R>(column: Column<R>): string =>
  column.kind === 'instant' ? `toUnixTimestamp64Milli(${column.name})` : column.name;

/** Columns of a table that its view shows, in order. */
export const shownColumns = <R>(table: Table<R>): readonly Column<R>[] =>
  table.columns.filter((column) => !HIDDEN.has(column.name));

type Expected = { readonly row: number; readonly offset: number; isMet: boolean };

/**
 * @param keyColumns names of the columns that make a row what it is
 */
export function createExpectation<R>(table: Table<R>, keyColumns: readonly string[]): Expectation {
  const indexOf = (name: string): number =>
    table.columns.findIndex((column) => column.name === name);
  const keyAt = keyColumns.map(indexOf);
  const shownAt = shownColumns(table).map((column) => indexOf(column.name));
  const held = new Map<number, Expected>();
  const open = new Set<number>();

  const textAt = (row: readonly Cell[], index: number): string =>
    canonical(row[index], table.columns[index]?.kind ?? 'text');
  const keyOf = (row: readonly Cell[]): number =>
    digestOf(...keyAt.map((index) => textAt(row, index)));

  return {
    put: (row, place) => {
      held.set(keyOf(row), {
        row: digestOf(...shownAt.map((index) => textAt(row, index))),
        offset: Number(place.offset),
        isMet: false,
      });
    },
    remove: (row) => {
      held.delete(keyOf(row));
    },
    leaveOpen: (row) => {
      open.add(keyOf(row));
    },
    size: () => held.size,
    meet: (row) => {
      const key = keyOf(row);
      const expected = held.get(key);
      if (open.has(key)) {
        held.delete(key);
        return 'open';
      }
      if (!expected) return 'unknown';
      if (expected.isMet) return 'again';
      expected.isMet = true;
      const isSame = expected.row === digestOf(...shownAt.map((index) => textAt(row, index)));
      return isSame ? 'same' : 'different';
    },
    offsetOf: (row) => {
      const expected = held.get(keyOf(row));
      return expected ? BigInt(expected.offset) : null;
    },
    missing: () =>
      [...held.values()].filter(({ isMet }) => !isMet).map(({ offset }) => BigInt(offset)),
  };
}
