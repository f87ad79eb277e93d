import { createHash } from 'node:crypto';
import type { TableName } from './column.ts';

/** The record a row was made from, kept until the row is written: it may have to be parked. */
export type Origin = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
};

/** One row, ready to be sent. */
export type BufferedRow = {
  /** The row as JSON, with a line end. */
  readonly line: string;
  readonly origin: Origin;
  /** Rows of one name in one flush: only the last counts. */
  readonly replaces?: string;
  /** UTC day of the event, YYYY-MM-DD, where `daily` depends on the row. */
  readonly day?: string;
  /** When the request was received, where there was one, ms. */
  readonly receivedAt?: number;
};

export type TableRows = { readonly table: TableName; readonly rows: readonly BufferedRow[] };

export type RowBuffer = {
  readonly add: (table: TableName, row: BufferedRow) => void;
  readonly size: () => { readonly rows: number; readonly bytes: number };
  readonly isFull: () => boolean;
  /** When the oldest row came in, by the caller's clock, ms; null when there is none. */
  readonly oldestAt: () => number | null;
  /** Hands over everything, in parts of at most `rowsMax` rows, and is empty then. */
  readonly take: () => readonly TableRows[];
};

const bytesOf = (row: BufferedRow): number =>
  Buffer.byteLength(row.line) + (row.origin.value?.length ?? 0);

function cut<T>(items: readonly T[], most: number): readonly (readonly T[])[] {
  const parts: (readonly T[])[] = [];
  for (let at = 0; at < items.length; at += most) parts.push(items.slice(at, at + most));
  return parts;
}

/** Rows waiting to be written, bounded by their number and by the bytes they hold on to. */
export function createRowBuffer(options: {
  readonly rowsMax: number;
  readonly bytesMax: number;
  readonly now: () => number;
}): RowBuffer {
  let tables = new Map<TableName, BufferedRow[]>();
  let places = new Map<string, number>();
  let rows = 0;
  let bytes = 0;
  let oldestAt: number | null = null;

  return {
    add: (table, row) => {
      oldestAt ??= options.now();
      const held = tables.get(table) ?? [];
      if (held.length === 0) tables.set(table, held);
      const name = row.replaces === undefined ? null : `${table} ${row.replaces}`;
      const at = name === null ? undefined : places.get(name);
      const before = at === undefined ? undefined : held[at];
      if (at !== undefined && before !== undefined) {
        bytes += bytesOf(row) - bytesOf(before);
        held[at] = row;
        return;
      }
      if (name !== null) places.set(name, held.length);
      held.push(row);
      rows += 1;
      bytes += bytesOf(row);
    },
    size: () => ({ rows, bytes }),
    isFull: () => rows >= options.rowsMax || bytes >= options.bytesMax,
    oldestAt: () => oldestAt,
    take: () => {
      const taken = [...tables].flatMap(([table, held]) =>
        cut(held, options.rowsMax).map((part) => ({ table, rows: part })),
      );
      tables = new Map();
      places = new Map();
      rows = 0;
      bytes = 0;
      oldestAt = null;
      return taken;
    },
  };
}

/**
 * The bytes of rows and their token. The token names the bytes, not offsets: offsets begin anew when
 * a topic is made anew, and rows under a token that was seen are dropped without a word.
 */
export function serialise(rows: readonly BufferedRow[]): {
  readonly bytes: Buffer;
  readonly token: string;
} {
  const bytes = Buffer.from(rows.map((row) => row.line).join(''));
  return { bytes, token: createHash('sha256').update(bytes).digest('hex') };
}
