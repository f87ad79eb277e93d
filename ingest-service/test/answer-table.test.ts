import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ANSWER_TABLE, answerTableText } from '../src/answer-table.ts';
import { quarantined, refused, stored, tooLarge, unavailable } from '../src/answers.ts';
import type { Answer } from '../src/answers.ts';
import { TROUBLES } from '../src/answers.ts';
import { REFUSALS } from '../src/verify.ts';
import { storedCorpus } from './corpus/files.ts';

const DOCUMENT = new URL('../ANSWERS.md', import.meta.url);
const TABLE = /(<!-- table:[^\n]*-->\n)[^]*?(<!-- end of table -->)/;

const isInTable = (status: number, reason: string): boolean =>
  ANSWER_TABLE.some((row) => row.status === status && row.reason === reason);

describe('the table of answers', () => {
  test('is what the document says', () => {
    const text = readFileSync(DOCUMENT, 'utf8');
    const fresh = text.replace(TABLE, (_, start: string, end: string) => {
      return `${start}\n${answerTableText()}\n\n${end}`;
    });
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOCUMENT, fresh);
    else expect(text).toBe(fresh);
  });

  test('holds every answer as it is built', () => {
    const built: Answer[] = [
      stored,
      ...REFUSALS.map(refused),
      ...TROUBLES.map(unavailable),
      ...ANSWER_TABLE.filter(({ counted }) => counted === 'quarantined').map(({ reason }) =>
        quarantined(reason as Parameters<typeof quarantined>[0]),
      ),
    ];
    for (const { status, result, reason } of built) {
      const row = ANSWER_TABLE.find((each) => each.counted === result && each.reason === reason);
      expect(row).toMatchObject({ status });
    }
    expect(isInTable(tooLarge.status, 'body_too_large')).toBe(true);
  });

  test('holds every answer the corpus expects; the fuzzer takes its statuses from it', () => {
    for (const { path, expected } of storedCorpus()) {
      const { status, reason } = expected;
      const isKnown =
        reason === null
          ? ANSWER_TABLE.some((row) => row.status === status)
          : isInTable(status, reason === 'stored' ? '' : reason);
      expect([path, isKnown]).toEqual([path, true]);
    }
  });

  test('never holds what stalls the feed for an authentic call', () => {
    const toAuthentic = ANSWER_TABLE.filter(
      ({ counted }) =>
        counted === 'stored' || counted === 'quarantined' || counted === 'unavailable',
    );
    expect(new Set(toAuthentic.map(({ status }) => status))).toEqual(new Set([200, 503]));
    expect(ANSWER_TABLE.some(({ status }) => [429, 500, 502].includes(status))).toBe(false);
  });
});
