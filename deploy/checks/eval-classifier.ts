import { readFileSync } from 'node:fs';
import Table from 'cli-table3';
import { classify } from '@landed/processor-service/core/failure/classify';

/*
 * `npm run eval:classifier -- <file> [--errors]`: measures the failure classifier on labelled texts, one
 * `{id, text, label, also}` a line. Texts that others collected are never part of the project. Exit
 * code: 0 every bar holds, 1 one does not, 2 no such file or not such lines.
 */

type Labelled = {
  readonly id: string;
  readonly text: string;
  readonly label: string;
  readonly also: readonly string[];
};

const EXIT = { good: 0, bad: 1, usage: 2 } as const;

/** For the comparison only: a list entry and a size are soft, consent is a block. */
function asLabel(cls: string, kind: string): string {
  if (cls === 'suppressed' || kind === 'size') return 'soft';
  return cls === 'consent' ? 'block' : cls;
}

function isLabelled(value: unknown): value is Labelled {
  const row = value as Partial<Labelled> | null;
  return (
    typeof row?.id === 'string' &&
    typeof row.text === 'string' &&
    typeof row.label === 'string' &&
    Array.isArray(row.also)
  );
}

/** @throws Error that names the line */
function readLabelled(path: string): Labelled[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const rows: Labelled[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const row: unknown = JSON.parse(line);
    if (!isLabelled(row)) throw new Error(`line ${index + 1} lacks id, text, label or also`);
    rows.push(row);
  }
  return rows;
}

function evaluate(rows: readonly Labelled[], showErrors: boolean) {
  const count = { acceptable: 0, falseHard: 0, missedHard: 0, unknown: 0, hard: 0 };
  for (const { text, label, also, id } of rows) {
    const read = classify('email', 'bounced', text);
    const said = asLabel(read.class, read.kind);
    const isAcceptable = said === label || also.includes(said);
    const isSurelyHard = label === 'hard' && also.length === 0;
    count.acceptable += Number(isAcceptable);
    count.falseHard += Number(said === 'hard' && label !== 'hard' && !also.includes('hard'));
    count.hard += Number(isSurelyHard);
    count.missedHard += Number(isSurelyHard && said !== 'hard');
    count.unknown += Number(said === 'unknown');
    if (showErrors && !isAcceptable) {
      console.log(`${id}: ${label} [${also.join()}], said ${said} (${read.rule}): ${text}`);
    }
  }
  return count;
}

const [path, flag] = process.argv.slice(2);
if (path === undefined) {
  console.error('usage: npm run eval:classifier -- <file of labelled texts> [--errors]');
  process.exit(EXIT.usage);
}
try {
  const rows = readLabelled(path);
  const count = evaluate(rows, flag === '--errors');
  const percent = (part: number, whole: number): number => (100 * part) / Math.max(1, whole);
  const bars = [
    ['acceptable', percent(count.acceptable, rows.length), '≥ 97 %', (v: number) => v >= 97],
    ['false hard', percent(count.falseHard, rows.length), '0 %', (v: number) => v === 0],
    ['missed hard', percent(count.missedHard, count.hard), '≤ 2 %', (v: number) => v <= 2],
    ['unknown', percent(count.unknown, rows.length), '≤ 6 %', (v: number) => v <= 6],
  ] as const;
  const table = new Table({
    head: [`${rows.length} texts`, 'measured', 'asked', ''],
    style: { head: [], border: [] },
  });
  let isGood = rows.length > 0;
  for (const [name, value, asked, holds] of bars) {
    isGood &&= holds(value);
    table.push([name, `${value.toFixed(1)} %`, asked, holds(value) ? 'holds' : 'FAILS']);
  }
  console.log(table.toString());
  process.exitCode = isGood ? EXIT.good : EXIT.bad;
} catch (error) {
  console.error(`${path}: ${error instanceof Error ? error.message : 'cannot be read'}`);
  process.exitCode = EXIT.usage;
}
