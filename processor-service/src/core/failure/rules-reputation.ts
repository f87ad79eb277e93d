import type { Rule } from './rule.ts';

/** Lists, reputation, and spam said of the sender's host. They stand before recipient words. */
export const REPUTATION_RULES: readonly Rule[] = [
  {
    rule: 'reputation.list',
    cls: 'block',
    kind: 'reputation',
    confidence: 0.96,
    pattern:
      /spamhaus|\bsorbs\b|spamcop|barracuda|cloudmark|senderbase|sender ?score|abusix|mailspike|\bsurbl|\buribl|uceprotect|spfbl|invaluement|\bs?x?rbl\b|dns_?rbl|\bdns-?bl\b|real ?time block|(?:block|black|deny|ban|drop)[ -]?list|\blisted\b|block(?:ed|ing)? using|banned|\b(?:xbl|sbl|pbl|css|zen)\b|\btss\d\d\b|\bs31[45]0\b|\bbl2[0-9]\b|blocked for (?:the day|spam|abuse)|open proxy|snowshoe/,
    unless: /not listed|mail ?box (?:is )?not listed|(?:user|recipient|address) (?:is )?not listed/,
  },
  {
    rule: 'reputation.host',
    cls: 'block',
    kind: 'reputation',
    confidence: 0.94,
    pattern:
      /reputation|user complaints|complaint rate|abus(?:e|ive)|(?:bad|blocked|suspicious|dynamic|rejected|spamming|banned|your) (?:ip|server|host|mail server|network)\b.{0,40}(?:block|reject|refus|den(?:y|ied)|not (?:allowed|accept)|dynamic|spam|abus|polic)|(?:reject|refus|block|den(?:y|ied)|not (?:allow|accept)(?:ed)?)[^.]{0,40} (?:bad ip|your ip|your server|your host|your network|from ip|ip address|the ip|this ip|client host|client ip)|\bip\b[ :]*(?:address )?(?:\[?ip\]? )?(?:has been |is |was )?(?:temporarily )?(?:block|denied|reject|banned)|bad ip|dynamic (?:ip|address|host)|\[?\bip\]? - a problem occurred|(?:ip|host|connection|client)s? .{0,30}(?:blocked|denied) by|access denied, banned/,
  },
  {
    rule: 'reputation.spam_source',
    cls: 'block',
    kind: 'content',
    confidence: 0.92,
    pattern:
      /(?:spam|junk|unsolicited|bulk mail|\bu[bc]e\b|phish)[^.;]{0,60}(?:\bip\b|server|host|url|listed|score|detect|likel|filter|probab|content|message|mail\b|virus|reject|block|policy|classif|suspected|suspicio|refus|den(?:y|ied))|(?:\bip\b|score|detect|likel|filter|probab|content|message|mail\b|mail is|virus|reject|block|classif|suspected|identified|considered|looks like|contains|high)[^.;]{0,50}(?:spam|junk|unsolicited|bulk|phish)/,
    unless: /(?:account|mailbox|user)(?: \S+){0,3} (?:disabled|suspended|closed)/,
  },
];
