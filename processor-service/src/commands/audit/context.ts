import type { Sealer } from '@landed/schemas/seal';
import type { TopicNames } from '@landed/schemas/topics';
import type { PartitionReader } from '../../log/partition-reader.ts';
import type { ClickHouse } from '../../warehouse/clickhouse.ts';
import type { Cell } from '../../warehouse/column.ts';
import type { Cut, Reach } from './cut.ts';
import type { DeadLetterIndex } from './dead-letter-index.ts';
import { createExpectation } from './expectation.ts';
import type { Promised } from './promises.ts';
import type { Sources } from './sources.ts';
import type { TablePart, TableSource } from './table-records.ts';
import type { Tally } from './tally.ts';

/** What every part of an audit works with. */
export type AuditDeps = {
  readonly reader: PartitionReader;
  readonly clickhouse: Pick<ClickHouse, 'read'>;
  readonly topics: TopicNames;
  readonly sources: Sources;
  readonly fetchSchema: (id: number) => Promise<string>;
  readonly sealer: Pick<Sealer, 'open'>;
  readonly hashAddress: (address: string) => string;
  readonly cut: Cut;
  readonly promised: Promised;
  readonly tally: Tally;
};

export const NOWHERE: Reach = { earliest: 0n, end: 0n, committed: 0n };

export type Row = ReadonlyMap<string, Cell>;

export const textOf = (row: Row, name: string): string => {
  const value = row.get(name);
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
};
export const instantOf = (row: Row, name: string): number => Number(textOf(row, name));

export function partOf<R>(
  deps: AuditDeps,
  source: TableSource<R>,
  partition: number,
  reach: Reach,
  isParked: DeadLetterIndex['isParked'],
): TablePart<R> {
  const { reader, tally } = deps;
  const expected = createExpectation(source.table, source.keyColumns);
  return { reader, source, partition, reach, expected, isParked, tally };
}
