import Table from 'cli-table3';
import { COUNTS } from './tally.ts';
import type { Counts, Finding, Tally } from './tally.ts';

/** What the audit says, whole: the JSON form, and what the table is drawn from. */
export type Report = {
  readonly balanced: boolean;
  /** False: with a wait, not everything had come through when the time was up. */
  readonly complete: boolean;
  /** Records under way at the cut: not an error, but not audited either. */
  readonly under_way: { readonly raw: number; readonly rows: number };
  readonly sums: Counts;
  readonly hours: readonly ({ readonly hour: string } & Counts)[];
  readonly others: ReturnType<Tally['extras']>;
  readonly findings: readonly Finding[];
};

export function reportOf(tally: Tally, underWay: Report['under_way'], isComplete: boolean): Report {
  return {
    balanced: tally.isBalanced() && isComplete,
    complete: isComplete,
    under_way: underWay,
    sums: tally.sums(),
    hours: tally.hours().map(([hour, counts]) => ({
      hour: new Date(hour).toISOString().slice(0, 16),
      ...counts,
    })),
    others: tally.extras(),
    findings: tally.findings(),
  };
}

const HOURS_SHOWN = 24;
const FINDINGS_SHOWN = 20;

const PLAIN = { head: [], border: [], compact: true };

/** Hours beyond the last day are drawn as one line. */
function hourLines(report: Report): readonly (readonly (string | number)[])[] {
  const { hours } = report;
  const older = hours.slice(0, -HOURS_SHOWN);
  const lines = hours
    .slice(-HOURS_SHOWN)
    .map((hour) => [hour.hour.replace('T', ' '), ...COUNTS.map((name) => hour[name])]);
  if (older.length === 0) return lines;
  const summed = COUNTS.map((name) => older.reduce((sum, hour) => sum + hour[name], 0));
  return [[`${older.length} hours before`, ...summed], ...lines];
}

function verdictLine(report: Report): string {
  const { lost, doubled, different } = report.sums;
  const { raw, rows } = report.under_way;
  const told = `${lost} lost, ${doubled} doubled, ${different} different`;
  const way = raw + rows > 0 ? `; under way: ${raw} raw records, ${rows} rows to come` : '';
  if (report.balanced) return `balanced: ${told}${way}`;
  return `${report.complete ? 'NOT BALANCED' : 'NOT THROUGH IN TIME'}: ${told}${way}`;
}

/** The report for people: a small table, what else was counted, and what does not balance. */
export function drawReport(report: Report): string {
  const table = new Table({ head: ['hour (UTC)', ...COUNTS], style: PLAIN });
  for (const line of hourLines(report)) table.push([...line]);
  table.push(['sum', ...COUNTS.map((name) => report.sums[name])]);

  const { others } = report;
  const rest = new Table({ head: ['', 'records', 'rows'], style: PLAIN });
  rest.push(['score changes', others.scoreChanges, others.scoreChangeRows]);
  rest.push(['profiles', others.profiles, others.profileRows]);
  rest.push(['dead letters', others.deadLetters, others.deadLetterRows]);

  const notes = [
    others.ticks > 0 ? `${others.ticks} ticks` : '',
    others.beyondWindow > 0 ? `${others.beyondWindow} older than what is kept` : '',
    others.otherRules > 0 ? `${others.otherRules} outcomes of other rules` : '',
    others.notInLedger > 0 ? `${others.notInLedger} stored and not in the ledger` : '',
  ].filter((note) => note !== '');

  const findings = report.findings
    .slice(0, FINDINGS_SHOWN)
    .map(({ kind, where, id, detail }) => `  ${kind}: ${where}: ${id}: ${detail}`);
  const { lost, doubled, different } = report.sums;
  const more = lost + doubled + different - findings.length;
  if (more > 0) findings.push(`  and ${more} more (--json lists up to 1,000)`);

  return [
    table.toString(),
    rest.toString(),
    ...(notes.length > 0 ? [notes.join(', ')] : []),
    ...findings,
    verdictLine(report),
  ].join('\n');
}
