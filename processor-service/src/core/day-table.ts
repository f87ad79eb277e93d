/** What the deliveries of one UTC day came to, at one address. */
export type DayRow = {
  readonly day: number;
  readonly success: number;
  /** Failures of half and of full severity. */
  readonly half: number;
  readonly full: number;
  readonly block: number;
};

/** Rows in ascending order of days, none of them all zero. */
export type DayTable = readonly DayRow[];

/** Rows older than this are evicted: no weight and no window of score.md reaches further back. */
export const TABLE_DAYS = 180;

export type Cell = 'success' | 'half' | 'full' | 'block';

/** Severity in quarters: score.md section 3. */
export function severityQuarters(cls: string, kind: string): 0 | 2 | 4 {
  if (cls === 'unknown') return 2;
  if (cls !== 'soft') return 0;
  if (kind === 'size') return 0;
  return kind === 'quota' || kind === 'disabled_temp' || kind === 'unreachable' ? 4 : 2;
}

/** The column a failure counts in; null for those which weigh nothing (size, hard, ...). */
export function failureCell(cls: string, kind: string): Cell | null {
  if (cls === 'block') return 'block';
  const quarters = severityQuarters(cls, kind);
  if (quarters === 0) return null;
  return quarters === 4 ? 'full' : 'half';
}

function indexOfDay(table: DayTable, day: number): number {
  let at = table.length;
  while (at > 0 && (table[at - 1]?.day ?? 0) >= day) at -= 1;
  return at;
}

/** Adds to one cell; a row that becomes all zero goes. Counts never fall below zero. */
export function addToCell(table: DayTable, day: number, cell: Cell, change: number): DayTable {
  const at = indexOfDay(table, day);
  const held = table[at]?.day === day ? table[at] : undefined;
  const row = held ?? { day, success: 0, half: 0, full: 0, block: 0 };
  const next = { ...row, [cell]: Math.max(0, row[cell] + change) };
  const isEmpty = next.success + next.half + next.full + next.block === 0;
  const kept = table.slice();
  kept.splice(at, held === undefined ? 0 : 1, ...(isEmpty ? [] : [next]));
  return kept;
}

/** Without the rows before `day`. */
export function rowsFrom(table: DayTable, day: number): DayTable {
  const at = indexOfDay(table, day);
  return at === 0 ? table : table.slice(at);
}

/** Severity of a row in quarters; 0 on a success day and on days that are cut. */
export function rowQuarters(row: DayRow, cutDay: number): 0 | 2 | 4 {
  if (row.success > 0 || row.day <= cutDay) return 0;
  if (row.full > 0) return 4;
  return row.half > 0 ? 2 : 0;
}

/** Number of deliveries by day, ascending pairs `day, count`. */
export type DayCounts = readonly number[];

export function addToCount(counts: DayCounts, day: number, change: number): DayCounts {
  let at = counts.length;
  while (at > 0 && (counts[at - 2] ?? 0) >= day) at -= 2;
  const isHeld = counts[at] === day;
  const count = (isHeld ? (counts[at + 1] ?? 0) : 0) + change;
  const kept = counts.slice();
  kept.splice(at, isHeld ? 2 : 0, ...(count > 0 ? [day, count] : []));
  return kept;
}

/** Sum of the counts of days `from` to `to`, both included. */
export function sumCounts(counts: DayCounts, from: number, to: number): number {
  let sum = 0;
  for (let at = counts.length - 2; at >= 0; at -= 2) {
    const day = counts[at] ?? 0;
    if (day < from) break;
    if (day <= to) sum += counts[at + 1] ?? 0;
  }
  return sum;
}
