import type { Cell, Column } from '../../warehouse/column.ts';
import { rowOf } from '../../warehouse/column.ts';
import type { ClickHouse } from '../../warehouse/clickhouse.ts';
import { canonical, selected, shownColumns } from './expectation.ts';
import { readOne } from './table-records.ts';
import type { TablePart } from './table-records.ts';

export type RowsDeps = {
  readonly clickhouse: Pick<ClickHouse, 'read'>;
  /** Called for each row that has its place, with the row by column name. */
  readonly onRow: (row: ReadonlyMap<string, Cell>) => void;
  /** Hour a finding belongs to, by the row; null: to none. */
  readonly atOf: (row: ReadonlyMap<string, Cell>) => number | null;
  /** Names a row as `idOf` names its record. */
  readonly rowId: (row: ReadonlyMap<string, Cell>) => string;
};

const offsetOf = (row: ReadonlyMap<string, Cell>): bigint => {
  const offset = row.get('kafka_offset');
  return BigInt(typeof offset === 'number' || typeof offset === 'string' ? offset : 0);
};

/** Records are read again for so many findings, to say what is missing or differs. */
const READ_AGAIN_MAX = 200;

async function nameMissing<R>(
  part: TablePart<R>,
  offset: bigint,
  isNamed: boolean,
): Promise<string> {
  const place = `${part.source.topic} ${part.partition}/${offset.toString()}`;
  if (!isNamed) return place;
  const found = await readOne(part, offset);
  return (found === null ? '' : part.source.idOf(found.record)) || place;
}

/** Names of the columns in which a row is not what its record says. */
async function differingColumns<R>(
  part: TablePart<R>,
  row: readonly Cell[],
  offset: bigint | null,
): Promise<readonly string[]> {
  const found = offset === null ? null : await readOne(part, offset);
  if (found === null) return ['its record is gone'];
  const expected = rowOf(part.source.table, found.record, found.place);
  const shown = new Set<Column<R>>(shownColumns(part.source.table));
  return part.source.table.columns.flatMap((column, index) => {
    const isSame = canonical(expected[index], column.kind) === canonical(row[index], column.kind);
    return isSame || !shown.has(column) ? [] : [column.name];
  });
}

type Judged = { readonly row: ReadonlyMap<string, Cell>; readonly full: readonly Cell[] };

/** What is held while the rows of one view come in. */
type RowsWork<R> = RowsDeps & { readonly mayReadAgain: () => boolean; readonly where: string } & {
  readonly tally: TablePart<R>['tally'];
};

async function judgeRow<R>(
  work: RowsWork<R>,
  part: TablePart<R>,
  { row, full }: Judged,
): Promise<void> {
  const { reach, expected } = part;
  const { tally, where } = work;
  const offset = offsetOf(row);
  const met = expected.meet(full);
  if (met === 'open' || offset < reach.earliest || offset >= reach.committed) return;
  const at = work.atOf(row);
  const id = work.rowId(row);
  work.onRow(row);
  if (met === 'again' || met === 'unknown') {
    const detail = met === 'again' ? 'more than one row' : 'a row without a record';
    tally.find({ kind: 'doubled', where, id, detail }, at);
  } else if (met === 'different') {
    const differing = work.mayReadAgain()
      ? await differingColumns(part, full, expected.offsetOf(full))
      : ['not looked at'];
    const detail = `not what its record says: ${differing.join(', ')}`;
    tally.find({ kind: 'different', where, id, detail }, at);
  }
}

/**
 * Holds the rows a view shows for some partitions against what is expected of them. Rows of records
 * that retention has removed, or that are newer than the cut, are left out.
 *
 * @param parts partitions of one table, at least one
 */
export async function auditRows<R>(parts: readonly TablePart<R>[], deps: RowsDeps): Promise<void> {
  const [first] = parts;
  if (!first) return;
  const { table } = first.source;
  const columns = shownColumns(table);
  const names = table.columns.map((column) => column.name);
  const byPartition = new Map(parts.map((part) => [part.partition, part]));
  let readAgain = 0;
  const mayReadAgain = (): boolean => readAgain++ < READ_AGAIN_MAX;
  const work: RowsWork<R> = { ...deps, mayReadAgain, where: table.view, tally: first.tally };

  const sql = `SELECT ${columns.map(selected).join(', ')} FROM ${table.view}
WHERE kafka_partition IN (${[...byPartition.keys()].join(', ')})`;
  for await (const rows of deps.clickhouse.read(sql)) {
    for (const cells of rows as readonly (readonly Cell[])[]) {
      const row = new Map(columns.map((column, index) => [column.name, cells[index] ?? null]));
      const part = byPartition.get(Number(row.get('kafka_partition')));
      const full = names.map((name) => row.get(name) ?? null);
      if (part) await judgeRow(work, part, { row, full });
    }
  }

  for (const part of parts) {
    for (const offset of part.expected.missing()) {
      const id = await nameMissing(part, offset, mayReadAgain());
      const detail = `no row, its record is ${part.source.topic} ${part.partition}/${offset.toString()}`;
      part.tally.find({ kind: 'lost', where: table.view, id, detail });
    }
  }
}
