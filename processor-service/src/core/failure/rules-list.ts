import type { Rule } from './rule.ts';

/** What a sending provider says when its own list holds the address. */
export const LIST_RULES: readonly Rule[] = [
  {
    rule: 'list.suppression',
    cls: 'suppressed',
    kind: 'esp_list',
    confidence: 0.95,
    pattern: /\bsuppress(?:ed|ion)\b|inactive list|tried to send to .{0,40}inactive/,
  },
  {
    rule: 'list.bounced_before',
    cls: 'suppressed',
    kind: 'esp_list',
    confidence: 0.9,
    pattern:
      /previously[ -](?:hard[ -])?bounced|(?:history|record) of (?:hard )?bounc|(?:has|have|had) (?:hard )?bounced (?:before|previously|in the past)|^(?:dropped:? )?bounced address|not delivering to (?:a )?(?:previously|bounced|unsubscribed)/,
  },
  {
    rule: 'list.reported_spam',
    cls: 'suppressed',
    kind: 'esp_list',
    confidence: 0.9,
    pattern:
      /spam[ -]report(?:ing|ed) address|not delivering to .{0,40}as spam|address (?:has )?(?:reported|marked) .{0,20}as spam/,
  },
  {
    rule: 'list.unsubscribed',
    cls: 'suppressed',
    kind: 'esp_list',
    confidence: 0.9,
    pattern: /\bunsubscribed\b/,
  },
];
