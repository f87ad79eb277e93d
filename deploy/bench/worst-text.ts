import { classify } from '../../processor-service/src/core/failure/classify.ts';
import { createRandom } from '../traffic/random.ts';
import type { Random } from '../traffic/random.ts';

/** The costliest text a search found. */
export type WorstText = {
  readonly text: string;
  /** Least of several tries: what the text costs, not what else the machine did. */
  readonly ms: number;
  readonly tried: number;
};

const CHARS = 1000;
const TRIES = 5;
/** Seeds of the search, and changes tried on the costliest of them. */
const SEEDS = 600;
const CHANGES = 900;
const KEPT = 12;

/** What patterns begin with, hang on and look behind for. */
const PIECES = [
  '@',
  '<',
  '>',
  '[',
  ']',
  '(',
  ')',
  '{',
  '}',
  ',',
  ';',
  ':',
  '.',
  '-',
  '_',
  '=',
  '/',
  '\\',
  '"',
  "'",
  ' ',
  '0',
  '5',
  'a',
  '%',
  'é',
  '\n',
  '550 ',
  '550-5.1.1 ',
  '5.7.1 ',
  '4.2.2 ',
  '192.0.2.1 ',
  'fe80:1:2:3:4:5:6:7 ',
  'https://',
  '?p=',
  'a@b ',
  'user ',
  'users ',
  'mailbox ',
  'mail box ',
  'recipient ',
  'account ',
  'address ',
  'sender ',
  'from: ',
  'mail from ',
  'domain ',
  'host ',
  'server ',
  'message ',
  'messages ',
  'mail ',
  'email ',
  'storage ',
  'quota ',
  'full ',
  'exceed ',
  'exceeds ',
  'exceeded ',
  'over ',
  'limit ',
  'size ',
  'too ',
  'too many ',
  'large ',
  'not ',
  'no ',
  'is ',
  'was ',
  'has been ',
  'unknown ',
  'invalid ',
  'disabled ',
  'rejected ',
  'refused ',
  'denied ',
  'blocked ',
  'listed ',
  'spam ',
  'content ',
  'ip ',
  'ip address ',
  'client ',
  'connection ',
  'connection to ',
  'timed ',
  'out ',
  'lost ',
  'relay ',
  'relaying ',
  'policy ',
  'reputation ',
  'receiving ',
  'number of messages in ',
  'does not have a ',
  "doesn't have any ",
  'temporarily ',
  'expired ',
  'delivery ',
  'retry ',
  'unable to deliver ',
  'postfach ',
  'boite ',
  'buzon ',
  'in reply to ',
  'header ',
  'line ',
] as const;

function fill(random: Random, pieces: readonly string[]): string {
  let text = '';
  while (text.length < CHARS) text += random.pick(pieces);
  return text.slice(0, CHARS);
}

/** A text of few pieces over and over, or of many: the former is what patterns run hot on. */
function seedText(random: Random): string {
  const kinds = random.weighted({ '1': 2, '2': 4, '3': 3, '8': 2, '60': 1 });
  return fill(
    random,
    Array.from({ length: Number(kinds) }, () => random.pick(PIECES)),
  );
}

function changed(random: Random, text: string): string {
  const from = random.integer(0, CHARS - 1);
  const until = random.integer(from, CHARS);
  const piece = fill(random, [random.pick(PIECES), random.pick(PIECES)]);
  return (text.slice(0, from) + piece.slice(0, until - from) + text.slice(until)).slice(0, CHARS);
}

/** Time of one classification, ms: the least of some tries. */
export function timeOf(text: string): number {
  let least = Infinity;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const startedAt = performance.now();
    classify('email', 'bounced', text);
    least = Math.min(least, performance.now() - startedAt);
  }
  return least;
}

/**
 * Looks for the text of 1,000 characters the classifier takes longest for: random ones first, then
 * changes to the costliest. The same seed tries the same first texts.
 */
export function findWorstText(seed: string): WorstText {
  const random = createRandom(seed);
  let tried = 0;
  const measured = (text: string): { text: string; ms: number } => {
    tried += 1;
    return { text, ms: timeOf(text) };
  };
  let best = Array.from({ length: SEEDS }, () => measured(seedText(random)))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, KEPT);
  for (let n = 0; n < CHANGES; n += 1) {
    const next = measured(changed(random, random.pick(best).text));
    best = [...best, next].sort((a, b) => b.ms - a.ms).slice(0, KEPT);
  }
  const [worst] = best;
  if (worst === undefined) throw new Error('no text was tried');
  // Once more: a text that was only unlucky falls back.
  const again = best.map(({ text }) => measured(text)).sort((a, b) => b.ms - a.ms)[0] ?? worst;
  return { ...again, tried };
}
