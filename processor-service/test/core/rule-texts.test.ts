import { describe, expect, test } from 'vitest';
import { classify } from '../../src/core/failure/classify.ts';
import { EMAIL_RULES } from '../../src/core/failure/email.ts';
import { PUSH_RULES, TEXT_MESSAGE_RULES } from '../../src/core/failure/rules-text-message.ts';
import { RULE_TEXTS } from './rule-texts.ts';

/** Texts of our own around an error number, three numbers for each meaning that has as many. */
const NUMBERS: readonly (readonly [number: string, verdict: string, text: string])[] = [
  ['21211', 'hard/no_mailbox', 'Error 21211 for the number you gave'],
  ['30005', 'hard/no_mailbox', 'The carrier gave up (30005)'],
  ['63003', 'hard/no_mailbox', 'channel says 63003, nobody there'],
  ['21610', 'consent/opted_out', '21610: she wants no more of it'],
  ['131050', 'consent/opted_out', 'code=131050 marketing is off'],
  ['30003', 'soft/unreachable', 'status undelivered, error 30003'],
  ['30001', 'soft/transient', '30001 the line before us is long'],
  ['30008', 'soft/transient', 'Nobody knows why (30008)'],
  ['20503', 'soft/transient', 'gateway: 20503'],
  ['63018', 'block/rate', 'Error 63018 on this channel'],
  ['130429', 'block/rate', '#130429 wait a while'],
  ['30022', 'block/rate', 'code 30022 from the operator'],
  ['30002', 'block/policy', 'account matter, 30002'],
  ['30034', 'block/policy', '30034 sender has papers missing'],
  ['131047', 'block/policy', 'more than a day has passed [131047]'],
  ['30007', 'block/content', 'carrier: 30007'],
  ['30019', 'soft/size', '30019, write less'],
];

const ALL = RULE_TEXTS.flatMap(({ rule, channel, texts }) =>
  texts.map((text) => [channel, rule, text] as const),
);

describe('texts of every rule', () => {
  test.each(ALL)('%s %s: %s', (channel, rule, text) => {
    expect(classify(channel, 'bounced', text).rule).toBe(rule);
  });

  test.each(NUMBERS)('error number %s, %s: %s', (number, verdict, text) => {
    const read = classify('sms', 'bounced', text);
    expect([read.rule, read.code, `${read.class}/${read.kind}`]).toEqual([
      `number.${number}`,
      number,
      verdict,
    ]);
  });

  test.each([
    ['email', EMAIL_RULES],
    ['sms', TEXT_MESSAGE_RULES],
    ['push', PUSH_RULES],
  ] as const)('%s: each rule has three texts or more', (channel, rules) => {
    for (const { rule } of rules) {
      const own = ALL.filter(([at, name]) => at === channel && name === rule);
      const distinct = new Set(own.map(([, , text]) => text.toLowerCase()));
      expect([rule, distinct.size >= 3]).toEqual([rule, true]);
    }
  });

  test('no text stands under two rules', () => {
    const twice = ALL.filter(
      ([, , text], at) => ALL.findIndex(([, , other]) => other === text) !== at,
    );
    expect(twice).toEqual([]);
  });
});
