import type { Rule } from './rule.ts';

/** What carriers and gateways say of a text message when no number is given. */
export const TEXT_MESSAGE_RULES: readonly Rule[] = [
  {
    rule: 'text.opted_out',
    cls: 'consent',
    kind: 'opted_out',
    confidence: 0.93,
    pattern:
      /opt(?:ed)?[ -]?out|unsubscribed recipient|(?:replied|sent|texted) ['"]?stop|\bunsubscribed\b|stop keyword|user stopped/,
  },
  {
    rule: 'text.suppressed',
    cls: 'suppressed',
    kind: 'esp_list',
    confidence: 0.9,
    pattern: /suppress/,
  },
  {
    rule: 'text.unreachable',
    cls: 'soft',
    kind: 'unreachable',
    confidence: 0.9,
    pattern:
      /unreachable (?:destination )?(?:handset|phone|device|subscriber)|(?:handset|phone|device|subscriber) (?:is )?(?:unreachable|absent|off|switched off|out of (?:coverage|reach|range)|not reachable)|absent subscriber|switched off|out of coverage|roaming/,
  },
  {
    rule: 'text.no_number',
    cls: 'hard',
    kind: 'no_mailbox',
    confidence: 0.92,
    pattern:
      /(?:unknown|invalid|inactive|unallocated|not allocated|disconnected|unassigned|not a valid|nonexistent) (?:destination |mobile |phone |msisdn |whatsapp |recipient )*(?:number|handset|subscriber|msisdn|recipient|user)|(?:number|msisdn|subscriber)(?: \S+){0,3} (?:unknown|invalid|inactive|disconnected|not allocated|not in service|not valid|does not exist|not exist|no longer)|land ?line|not a mobile|not (?:a )?whatsapp user|not registered on whatsapp|incapable of receiving/,
    unless: /sender|from number|your (?:number|account)|not enabled/,
  },
  {
    rule: 'text.filtered',
    cls: 'block',
    kind: 'content',
    confidence: 0.88,
    pattern: /filter|spam|carrier violation|blacklist|content/,
  },
  {
    rule: 'text.rate',
    cls: 'block',
    kind: 'rate',
    confidence: 0.85,
    pattern: /rate limit|too many|throttl|per second|daily limit/,
  },
  {
    rule: 'text.policy',
    cls: 'block',
    kind: 'policy',
    confidence: 0.85,
    pattern:
      /block(?:ed|ing)?\b|not registered|unregistered|campaign|permission|not enabled|region|policy|not allowed|prohibit|window|template|denied|reject/,
  },
  {
    rule: 'text.size',
    cls: 'soft',
    kind: 'size',
    confidence: 0.85,
    pattern: /too (?:long|large|big)|length (?:limit|exceed)/,
  },
  {
    rule: 'text.transient',
    cls: 'soft',
    kind: 'transient',
    confidence: 0.8,
    pattern: /queue|timed? ?out|expired|temporar|try again|unavailable|network|busy|internal/,
  },
];

/** What push services answer for one device token. */
export const PUSH_RULES: readonly Rule[] = [
  {
    rule: 'push.credentials',
    cls: 'block',
    kind: 'auth',
    confidence: 0.9,
    pattern:
      /mismatch[ _]?sender|sender[ _]?id[ _]?mismatch|topic ?disallowed|bad ?topic|missing ?topic|device ?token ?not ?for ?topic|provider ?token|oauth|access token|server key|\bproject\b|\bapn?s? key\b|third[_ ]?party[_ ]?auth|certificate|unauthenticated|unauthori[sz]ed|forbidden|permission|credential/,
    unless: /too ?many/,
  },
  {
    rule: 'push.dead_token',
    cls: 'hard',
    kind: 'dead_token',
    confidence: 0.95,
    pattern:
      /unregistered|not[ _-]?registered|bad[ _-]?device[ _-]?token|invalid[ _-]?registration|invalid[ _-](?:device[ _-]|registration[ _-]|push[ _-]|fcm[ _-]|apns[ _-])*token|expired[ _-]?token|\b410\b(?! of)|requested entity was not found|token (?:is |was |has )?(?:no longer (?:valid|active)|not valid|expired|invalid|inactive|not found|unknown)|not a valid (?:\S+ ){0,3}token|device (?:token )?(?:is )?(?:not found|unknown|inactive|unregistered)/,
  },
  {
    rule: 'push.size',
    cls: 'soft',
    kind: 'size',
    confidence: 0.9,
    pattern: /too ?(?:large|big|long)|payload ?(?:too|size)/,
  },
  {
    rule: 'push.transient',
    cls: 'soft',
    kind: 'transient',
    confidence: 0.9,
    pattern:
      /unavailable|internal|quota|timed? ?out|too ?many|rate ?(?:limit|exceeded)|shutdown|idle|temporar|try again|\b429\b|\b50[0-9]\b/,
  },
  {
    rule: 'push.no_device',
    cls: 'unknown',
    kind: 'no_device',
    confidence: 0.9,
    pattern: /no ?devices? ?synced|no devices?/,
  },
];
