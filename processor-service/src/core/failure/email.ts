import { readCodes } from './codes.ts';
import type { FailureText } from './normalise.ts';
import {
  QUOTA_LANGUAGE_RULES,
  RECIPIENT_LANGUAGE_RULES,
  SENDER_LANGUAGE_RULES,
} from './rules-language.ts';
import { LIST_RULES } from './rules-list.ts';
import { POLICY_RULES } from './rules-policy.ts';
import { QUOTA_RULES } from './rules-quota.ts';
import {
  DISABLED_RULES,
  LOCKED_RULES,
  NO_DOMAIN_RULES,
  NO_MAILBOX_RULES,
} from './rules-recipient.ts';
import { REPUTATION_RULES } from './rules-reputation.ts';
import { ACCOUNT_RULES, RATE_RULES, SENDER_RULES } from './rules-sender.ts';
import { PASSING_RULES, SIZE_RULES, TRANSIENT_RULES, WAY_RULES } from './rules-system.ts';
import { firstHit, isTransientCode, openRuleBook } from './rule.ts';
import type { Rule } from './rule.ts';

/**
 * Families in the order they are asked; the first hit wins. What is said of the sender stands before
 * what is said of the recipient: the false hards that hurt are sender texts in recipient's clothing.
 */
export const EMAIL_RULES: readonly Rule[] = [
  ...LIST_RULES,
  ...WAY_RULES,
  ...QUOTA_RULES,
  ...QUOTA_LANGUAGE_RULES,
  ...ACCOUNT_RULES,
  ...SENDER_RULES,
  ...SENDER_LANGUAGE_RULES,
  ...RATE_RULES,
  ...REPUTATION_RULES,
  ...NO_MAILBOX_RULES,
  ...NO_DOMAIN_RULES,
  ...DISABLED_RULES,
  ...RECIPIENT_LANGUAGE_RULES,
  ...LOCKED_RULES,
  ...SIZE_RULES,
  ...PASSING_RULES,
  ...POLICY_RULES,
  ...TRANSIENT_RULES,
];

const BOOK = openRuleBook(EMAIL_RULES);

const NOTHING: Rule = {
  rule: 'none',
  cls: 'unknown',
  kind: 'unknown',
  confidence: 0.1,
  pattern: /^/,
};

/** A passing code never makes a dead address, whatever the words. */
function downgrade(hit: Rule, read: FailureText): Rule {
  if (hit.cls !== 'hard' || !isTransientCode(read)) return hit;
  const kind = hit.kind === 'disabled' ? 'disabled_temp' : 'transient';
  return { ...hit, cls: 'soft', kind, confidence: 0.7 };
}

/** Said in answer to the sender's name, and nothing else known of it. */
const ANSWER_TO_SENDER: Rule = {
  rule: 'sender.answered',
  cls: 'block',
  kind: 'sender',
  confidence: 0.7,
  pattern: /^/,
};

function readAnswer(read: FailureText): Rule | null {
  return read.isAboutSender && read.reply?.startsWith('5') === true ? ANSWER_TO_SENDER : null;
}

const LIST_BOOK = openRuleBook(LIST_RULES);

/** Whether a text speaks of the sending provider's own list; all that is asked of a dropped mail. */
export function readListed(read: FailureText): Rule {
  return firstHit(LIST_BOOK, read) ?? NOTHING;
}

/** Class of a mail server's reply: deliverability.md 1.5. */
export function readEmailFailure(read: FailureText): Rule {
  const hit = firstHit(BOOK, read) ?? readAnswer(read) ?? readCodes(read) ?? NOTHING;
  return downgrade(hit, read);
}
