import type { Rule } from './rule.ts';

type Verdict = Pick<Rule, 'cls' | 'kind' | 'confidence'>;

const HARD: Verdict = { cls: 'hard', kind: 'no_mailbox', confidence: 0.95 };
const TRANSIENT: Verdict = { cls: 'soft', kind: 'transient', confidence: 0.9 };
const POLICY: Verdict = { cls: 'block', kind: 'policy', confidence: 0.9 };
const OPTED_OUT: Verdict = { cls: 'consent', kind: 'opted_out', confidence: 0.97 };

/** Error numbers of Twilio and of Meta's WhatsApp API, as they stand in failure texts. */
const NUMBERS: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  ['21211', HARD],
  ['21214', HARD],
  ['21217', HARD],
  ['21614', HARD],
  ['30005', HARD],
  ['30006', HARD],
  ['63003', HARD],
  ['63024', HARD],
  ['21610', OPTED_OUT],
  ['131050', OPTED_OUT],
  ['30003', { cls: 'soft', kind: 'unreachable', confidence: 0.95 }],
  ['30001', TRANSIENT],
  ['30008', { cls: 'soft', kind: 'transient', confidence: 0.7 }],
  ['30017', TRANSIENT],
  ['20429', TRANSIENT],
  ['20500', TRANSIENT],
  ['20503', TRANSIENT],
  ['63018', { cls: 'block', kind: 'rate', confidence: 0.9 }],
  ['130429', { cls: 'block', kind: 'rate', confidence: 0.9 }],
  ['30022', { cls: 'block', kind: 'rate', confidence: 0.9 }],
  ['30023', { cls: 'block', kind: 'rate', confidence: 0.9 }],
  ['30004', POLICY],
  ['30002', POLICY],
  ['21408', POLICY],
  ['21612', POLICY],
  ['30032', POLICY],
  ['30034', POLICY],
  ['63016', POLICY],
  ['63049', POLICY],
  ['131047', POLICY],
  ['131049', POLICY],
  ['30007', { cls: 'block', kind: 'content', confidence: 0.9 }],
  ['30019', { cls: 'soft', kind: 'size', confidence: 0.9 }],
]);

const NUMBER = /(?<!\d)(\d{5,6})(?!\d)/g;

/** The first known error number in a text, with what it means. */
export function readErrorNumber(
  text: string,
): { readonly code: string; readonly hit: Rule } | null {
  for (const [, code] of text.matchAll(NUMBER)) {
    const verdict = code === undefined ? undefined : NUMBERS.get(code);
    if (code === undefined || verdict === undefined) continue;
    return { code, hit: { ...verdict, rule: `number.${code}`, pattern: /^/ } };
  }
  return null;
}

/** Numbers the provider answers with at once: taken at their word also on `failed` and `attempted`. */
export const SYNCHRONOUS: ReadonlySet<string> = new Set(['21211', '21614', '21610']);
