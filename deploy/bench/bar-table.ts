import Table from 'cli-table3';
import type { Bar } from './bars.ts';

/** Bars, one a line, and whether they hold. `title` stands above their names. */
export function barTable(bars: readonly Bar[], title = 'bar'): string {
  const table = new Table({
    head: [title, 'asked', 'measured', ''],
    style: { head: [], border: [] },
  });
  for (const { name, asked, measured, holds } of bars) {
    table.push([name, asked, measured, holds ? 'holds' : 'FAILS']);
  }
  return table.toString();
}
