import { readEmailFailure, readListed } from './email.ts';
import { normaliseFailure } from './normalise.ts';
import type { FailureText } from './normalise.ts';
import { SYNCHRONOUS, readErrorNumber } from './numbers.ts';
import { recogniseProvider } from './provider.ts';
import { firstHit, openRuleBook } from './rule.ts';
import type { Rule } from './rule.ts';
import { PUSH_RULES, TEXT_MESSAGE_RULES } from './rules-text-message.ts';

/** Version of the failure rules and of the interpretation; goes up when either reads differently. */
export const RULES_VERSION = 2;

/** A failure as read from its text: deliverability.md 1.5. */
export type Classified = {
  readonly class: 'hard' | 'soft' | 'block' | 'unknown' | 'suppressed' | 'consent';
  readonly kind: string;
  /** Who answered, where the text gives it away. */
  readonly provider: string | null;
  /** Enhanced code, reply code or error number. */
  readonly code: string | null;
  /** 0 to 1. */
  readonly confidence: number;
  readonly rule: string;
  readonly rulesVersion: number;
};

const TEXT_MESSAGE_BOOK = openRuleBook(TEXT_MESSAGE_RULES);
const PUSH_BOOK = openRuleBook(PUSH_RULES);

const NOT_SENT = new Set(['failed', 'attempted', 'undeliverable']);

function verdict(
  hit: Pick<Rule, 'rule' | 'cls' | 'kind' | 'confidence'>,
  code: string | null,
  provider: string | null,
): Classified {
  const { rule, cls, kind, confidence } = hit;
  return { class: cls, kind, provider, code, confidence, rule, rulesVersion: RULES_VERSION };
}

const ON_LIST = {
  rule: 'metric.dropped',
  cls: 'suppressed',
  kind: 'esp_list',
  confidence: 0.8,
} as const;
const BEFORE_SENDING = {
  rule: 'metric.not_sent',
  cls: 'unknown',
  kind: 'not_sent',
  confidence: 0.9,
} as const;
const UNREAD = { rule: 'none', cls: 'unknown', kind: 'unknown', confidence: 0.1 } as const;

function readText(
  channel: string,
  metric: string,
  read: FailureText,
): { readonly hit: Rule | typeof UNREAD; readonly code: string | null } {
  if (channel === 'sms' || channel === 'whatsapp') {
    const number = readErrorNumber(read.text);
    if (number !== null) return number;
    return { hit: firstHit(TEXT_MESSAGE_BOOK, read) ?? UNREAD, code: null };
  }
  if (channel === 'push') return { hit: firstHit(PUSH_BOOK, read) ?? UNREAD, code: null };
  const code = read.enhanced ?? read.reply;
  // Of what was never handed to a server no rule can speak.
  if (NOT_SENT.has(metric)) return { hit: UNREAD, code };
  return { hit: metric === 'dropped' ? readListed(read) : readEmailFailure(read), code };
}

/** What a metric allows a text to mean: guard (c) of the definition. */
function gate(channel: string, metric: string, hit: Rule | typeof UNREAD, code: string | null) {
  if (metric === 'dropped') return hit.cls === 'suppressed' ? hit : ON_LIST;
  if (NOT_SENT.has(metric)) {
    const isText = channel === 'sms' || channel === 'whatsapp';
    if (isText && metric !== 'undeliverable' && code !== null && SYNCHRONOUS.has(code)) return hit;
    return hit.rule === 'push.no_device' ? hit : BEFORE_SENDING;
  }
  if (metric === 'deferred' && hit.cls === 'hard') {
    return { ...hit, cls: 'soft', kind: 'transient' } as const;
  }
  return hit;
}

/**
 * Reads why a message failed. Pure and linear in the length of the text, which is capped; no library
 * and no model decides.
 *
 * @param metric the sender's word: only `bounced` may mean a dead address
 */
export function classify(channel: string, metric: string, failureMessage: string): Classified {
  const read = normaliseFailure(failureMessage);
  const { hit, code } = readText(channel, metric, read);
  const provider = recogniseProvider(read.asSaid);
  return verdict(gate(channel, metric, hit, code), code, provider);
}
