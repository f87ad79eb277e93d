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

/**
 * Holds the rows a view shows for one partition against what is expected of them. Rows of records that
 * retention has removed, or that are newer than the cut, are left out.
 */
export async function auditRows<R>(part: TablePart<R>, deps: RowsDeps): Promise<void> {
  const { source, partition, reach, expected, tally } = part;
  const { table } = source;
  const columns = shownColumns(table);
  const names = table.columns.map((column) => column.name);
  let readAgain = 0;

  const judge = async (cells: readonly Cell[]): Promise<void> => {
    const row = new Map(columns.map((column, index) => [column.name, cells[index] ?? null]));
    const full = names.map((name) => row.get(name) ?? null);
    const offset = offsetOf(row);
    const met = expected.meet(full);
    if (met === 'open' || offset < reach.earliest || offset >= reach.committed) return;
    const at = deps.atOf(row);
    const id = deps.rowId(row);
    const where = table.view;
    deps.onRow(row);
    if (met === 'again' || met === 'unknown') {
      const detail = met === 'again' ? 'more than one row' : 'a row without a record';
      tally.find({ kind: 'doubled', where, id, detail }, at);
    } else if (met === 'different') {
      const isNamed = readAgain++ < READ_AGAIN_MAX;
      const differing = isNamed
        ? await differingColumns(part, full, expected.offsetOf(full))
        : ['not looked at'];
      const detail = `not what its record says: ${differing.join(', ')}`;
      tally.find({ kind: 'different', where, id, detail }, at);
    }
  };

  const sql = `SELECT ${columns.map(selected).join(', ')} FROM ${table.view}
WHERE kafka_partition = ${partition}`;
  for await (const rows of deps.clickhouse.read(sql)) {
    for (const row of rows) await judge(row as readonly Cell[]);
  }

  for (const offset of expected.missing()) {
    const id = await nameMissing(part, offset, readAgain++ < READ_AGAIN_MAX);
    const detail = `no row, its record is ${source.topic} ${partition}/${offset.toString()}`;
    tally.find({ kind: 'lost', where: table.view, id, detail });
  }
}
