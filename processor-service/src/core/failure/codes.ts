import type { Rule } from './rule.ts';
import type { FailureText } from './normalise.ts';

type Verdict = Pick<Rule, 'cls' | 'kind'>;

const HARD_CODES = new Map([
  ['1.1', 'no_mailbox'],
  ['1.2', 'no_domain'],
  ['1.3', 'no_mailbox'],
  ['1.6', 'no_mailbox'],
  ['1.10', 'no_mailbox'],
  ['2.1', 'disabled'],
  ['7.13', 'disabled'],
  ['7.17', 'no_mailbox'],
  ['7.18', 'no_domain'],
]);

const SIZE_CODES = new Set(['2.3', '3.4', '7.16']);
const AUTH_DETAILS = new Set([20, 21, 22, 23, 24, 25, 26, 27, 29, 30]);

const SOFT: Verdict = { cls: 'soft', kind: 'transient' };
const UNKNOWN: Verdict = { cls: 'unknown', kind: 'unknown_5xx' };

function securityVerdict(detail: number): Verdict {
  if (AUTH_DETAILS.has(detail)) return { cls: 'block', kind: 'auth' };
  return { cls: 'block', kind: detail === 28 ? 'rate' : 'policy' };
}

/** What an enhanced code alone says: the table of deliverability.md 1.2, for permanent codes. */
function permanentVerdict(subject: number, detail: number): Verdict {
  const code = `${subject}.${detail}`;
  const hardKind = HARD_CODES.get(code);
  if (hardKind !== undefined) return { cls: 'hard', kind: hardKind };
  if (code === '2.2') return { cls: 'soft', kind: 'quota' };
  if (SIZE_CODES.has(code)) return { cls: 'soft', kind: 'size' };
  if (code === '1.7' || code === '1.8') return { cls: 'block', kind: 'sender' };
  if (code === '5.3') return { cls: 'block', kind: 'rate' };
  if (subject === 3 || subject === 4) return SOFT;
  if (subject === 6) return { cls: 'block', kind: 'content' };
  return subject === 7 ? securityVerdict(detail) : UNKNOWN;
}

/** Replies that speak of the address; others speak of the host, the message or the dialogue. */
const ADDRESS_REPLIES = new Set(['525', '550', '551', '553', '556']);
/** A sentence no rule knows may mean anything, so a code beside it is no proof that an address is dead. */
const WORDS_MAX = 5;
const WORD = /(?<![\w.-])(?!addr\b|ip\b|url\b|smtp\b|error\b|status\b)\p{L}{2,}(?![\w.-])/gu;

/** Whether a code that means a dead address may be believed by itself: guard (b) of the definition. */
function isCredible(subject: number, { reply, text }: FailureText): boolean {
  const isOfAddress = reply === null || ADDRESS_REPLIES.has(reply);
  if (subject === 1) return isOfAddress || reply === '554';
  return isOfAddress && (text.match(WORD) ?? []).length <= WORDS_MAX;
}

function enhancedVerdict(enhanced: string, read: FailureText): Verdict {
  const [kind, subject = 0, detail = 0] = enhanced.split('.').map(Number);
  const verdict = permanentVerdict(subject, detail);
  const isTransient = kind === 4 || read.reply?.startsWith('4') === true;
  const keeps = verdict.cls === 'soft' || verdict.cls === 'block';
  if (isTransient && !keeps) return SOFT;
  return verdict.cls === 'hard' && !isCredible(subject, read) ? UNKNOWN : verdict;
}

/** Reads the codes of a text no rule knows. Null when there is no code at all. */
export function readCodes(read: FailureText): Rule | null {
  const pattern = /^/;
  const { reply, enhanced } = read;
  const verdict = enhanced === null ? UNKNOWN : enhancedVerdict(enhanced, read);
  if (verdict !== UNKNOWN) return { ...verdict, rule: 'code.enhanced', confidence: 0.6, pattern };
  if (reply?.startsWith('4') === true || enhanced?.startsWith('4') === true) {
    return { ...SOFT, rule: 'code.transient', confidence: 0.5, pattern };
  }
  if (reply === '552') {
    // RFC 5321: exceeded storage allocation.
    return { cls: 'soft', kind: 'quota', rule: 'code.storage', confidence: 0.5, pattern };
  }
  if (reply?.startsWith('5') === true || enhanced?.startsWith('5') === true) {
    return { ...UNKNOWN, rule: 'code.permanent', confidence: 0.3, pattern };
  }
  return null;
}
