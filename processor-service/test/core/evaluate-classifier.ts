/**
 * Measures the failure classifier on labelled texts: `node evaluate-classifier.ts <file> [--errors]`.
 * A line is `{id, text, label, also}`. The texts themselves are never part of the project.
 */
import { readFileSync } from 'node:fs';
import { classify } from '../../src/core/failure/classify.ts';

type Labelled = {
  readonly id: string;
  readonly text: string;
  readonly label: string;
  readonly also: readonly string[];
};

/** For the comparison only: a list entry and a size are soft, consent is a block. */
function asLabel(cls: string, kind: string): string {
  if (cls === 'suppressed' || kind === 'size') return 'soft';
  return cls === 'consent' ? 'block' : cls;
}

const [path, flag] = process.argv.slice(2);
if (path === undefined) {
  console.error('usage: evaluate-classifier.ts <file of labelled texts> [--errors]');
  process.exit(2);
}
const rows = readFileSync(path, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Labelled);

const count = { acceptable: 0, falseHard: 0, missedHard: 0, unknown: 0 };
for (const { text, label, also, id } of rows) {
  const read = classify('email', 'bounced', text);
  const said = asLabel(read.class, read.kind);
  const isAcceptable = said === label || also.includes(said);
  const isFalseHard = said === 'hard' && label !== 'hard' && !also.includes('hard');
  const isMissedHard = label === 'hard' && also.length === 0 && said !== 'hard';
  count.acceptable += Number(isAcceptable);
  count.falseHard += Number(isFalseHard);
  count.missedHard += Number(isMissedHard);
  count.unknown += Number(said === 'unknown');
  if (flag === '--errors' && !isAcceptable) {
    console.log(
      `${label} [${also.join()}] said ${said} ${read.rule} ${String(read.code)} ${id}: ${text}`,
    );
  }
}
const hard = rows.filter(({ label, also }) => label === 'hard' && also.length === 0).length;
const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
console.log(`texts        ${rows.length}`);
console.log(`acceptable   ${share(count.acceptable, rows.length)}`);
console.log(`false hard   ${count.falseHard}`);
console.log(`missed hard  ${share(count.missedHard, hard)}`);
console.log(`unknown      ${share(count.unknown, rows.length)}`);
