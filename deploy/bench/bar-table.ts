import Table from 'cli-table3';
import type { Bar } from './bars.ts';

/** Bars, one a line, and whether they hold. */
export function barTable(bars: readonly Bar[]): string {
  const table = new Table({
    head: ['bar', 'asked', 'measured', ''],
    style: { head: [], border: [] },
  });
  for (const { name, asked, measured, holds } of bars) {
    table.push([name, asked, measured, holds ? 'holds' : 'FAILS']);
  }
  return table.toString();
}
