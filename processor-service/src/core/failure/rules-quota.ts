import type { Rule } from './rule.ts';

const ABOUT_BOX =
  /\b(?:mail ?-?box|in-?box|mail ?drop|user|account|recipient|storage|folder|disk|disc|spool)(?:'s|s)?\b/;

const SENDER_QUOTA =
  /(?:sending|submission|relay(?:ing)?|sender|outbound|outgoing|daily|hourly)(?: message| mail| email| rate)?(?: quota| limit)|same message-id/;

/** The mailbox is full, or takes mail too fast at the moment. */
export const QUOTA_RULES: readonly Rule[] = [
  {
    rule: 'quota.full',
    cls: 'soft',
    kind: 'quota',
    confidence: 0.97,
    pattern: /\bfull\b(?! (?:transcript|name|text|list|story|details|headers?|log))/g,
    about: ABOUT_BOX,
    unless: SENDER_QUOTA,
  },
  {
    rule: 'quota.full_box',
    cls: 'soft',
    kind: 'quota',
    confidence: 0.97,
    pattern: /full (?:mail ?-?box|in-?box)/,
  },
  {
    rule: 'quota.over',
    cls: 'soft',
    kind: 'quota',
    confidence: 0.97,
    pattern:
      /over[ -]?(?:disk |disc |the |their |its |your |storage |mail |mailbox |allowed |assigned |allotted |maximum ){0,3}quota|quota ?(?:is |was |has been |limit |limit is )?(?:exceed|full|reach|over|violat)|exceed(?:s|ed|ing)?(?: \S+){0,5} quota|(?:disk|disc|mail|storage|mailbox|user|recipient) quota|\bovr?quota|not enough quota|quota .{0,20}exceeded/,
    unless: SENDER_QUOTA,
  },
  {
    rule: 'quota.space',
    cls: 'soft',
    kind: 'quota',
    confidence: 0.95,
    pattern:
      /out of (?:storage|disk|space|mailbox)|exceed(?:s|ed|ing)? (?:\S+ ){0,3}(?:storage|allocation)|(?:insufficient|not enough|no more|no) (?:free |mailbox |disk ?|storage |available )+(?:space|storage|room)|(?:mail ?box|inbox|account|user|storage)(?: \S+){0,3} (?:exceed|over|reached|at)(?:s|ed|ing)?(?: \S+){0,4} (?:size|limit|storage|allocation|capacity|maximum)|(?:mail ?box|storage)(?: size)? limit|storage (?:space )?(?:is |was |has been )?exceeded|exhausted .{0,30}(?:storage|space|quota)|(?:user|mail ?box|recipient|account) has too many (?:messages|mails|e-?mails)|space (?:is )?not enough|space (?:has |is |was )?(?:been )?used up|overdrawn .{0,20}quota|mail ?box size .{0,40}exceeded|too much mail data|allowed (?:number of messages|message count)|number of messages in .{0,30}exceed|too many (?:messages|mails|emails) (?:in|on|for) (?:the |this |that )?(?:recipient'?s? )?(?:mail ?box|inbox|folder)/,
    unless: SENDER_QUOTA,
  },
  {
    rule: 'rate.recipient',
    cls: 'soft',
    kind: 'transient',
    confidence: 0.95,
    pattern:
      /(?:user|recipient|mailbox|account|contact|address).{0,60}(?:is |are )?receiving (?:mail|email|messages?) (?:too (?:quickly|fast|often)|at a rate)|receiv(?:e|ing) (?:rate )?limit|(?:mailbox|recipient)(?: has)? (?:exceeded|reached) (?:its |the )?(?:receive|receiving|inbound|hourly)|receivingrate|(?:recipient|user|mail ?box)(?: has| have)? (?:exceeded|reached) (?:the |its |their )?(?:message |mail |inbound |hourly |daily )*(?:rate|limit)|messages? (?:they|it|he|she) (?:can|may) receive/,
    unless: /\bsend(?:s|ing|er)?\b|submission|relay|outbound|outgoing/,
  },
];
