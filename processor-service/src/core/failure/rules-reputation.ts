import type { Rule } from './rule.ts';

/** Lists, reputation, and spam said of the sender's host. They stand before recipient words. */
export const REPUTATION_RULES: readonly Rule[] = [
  {
    // No address had been named yet, so it is the sender who is not wanted.
    rule: 'reputation.not_greeted',
    cls: 'block',
    kind: 'reputation',
    confidence: 0.85,
    pattern: /refused to talk to \S+: 5\d\d/,
  },
  {
    // Short marks by which large receivers name the rule a sender broke.
    rule: 'reputation.token',
    cls: 'block',
    kind: 'reputation',
    confidence: 0.9,
    pattern:
      /\baup#|\((?:con|hvu|rly|dyn|rtr|dns|scon):\w{2}|\b(?:dt:(?:spm|rbl|sum)|hl:\w{3}|mi:\w{3}|rp:\w{3})\b/,
  },
  {
    rule: 'reputation.list',
    cls: 'block',
    kind: 'reputation',
    confidence: 0.96,
    pattern:
      /spamhaus|\bsorbs\b|spamcop|barracuda|cloudmark|senderbase|sender ?score|abusix|mailspike|\bsurbl|\buribl|uceprotect|spfbl|invaluement|\bs?x?rbls?\b|dns_?rbl|\bdns-?bls?\b|real ?time block|(?:block|black|deny|ban|drop)[ -]?list|\blisted\b(?! as an? \S{1,20} mx)|block(?:ed|ing)? using|banned|\b(?:xbl|sbl|pbl|css|zen)\b|\btss\d\d\b|\bs31[45]0\b|\bbl2[0-9]\b|blocked for (?:the day|spam|abuse)|open proxy|snowshoe/,
    unless: /not listed|mail ?box (?:is )?not listed|(?:user|recipient|address) (?:is )?not listed/,
  },
  {
    rule: 'reputation.host',
    cls: 'block',
    kind: 'reputation',
    confidence: 0.94,
    pattern:
      /reputation|\bkarma\b|complaints\b|complaint rate|abusive|\babus(?:e|er|ing)\b(?= (?:of|detected|reports?|from|by|polic|complaint|score))|(?:for|of|due to|because of|spam|network|ip|reported|suspected|detected|mail|stop) abuse|no access (?:for|from) (?:this |your )?(?:ip|host|address)|dictionary attack|harvest(?:ing)? (?:attack|detected)|(?:bad|blocked|suspicious|dynamic|rejected|spamming|banned|your) (?:ip|server|host|mail server|network)\b.{0,40}(?:block|reject|refus|den(?:y|ied)|not (?:allowed|accept)|dynamic|spam|abus|polic)|(?:reject|refus|block|den(?:y|ied)|not (?:allow|accept)(?:ed)?)[^.]{0,40} (?:bad ip|your ip|your server|your host|your network|from ip|ip address|the ip|this ip|client host|client ip)|\bip\b[ :]*(?:address )?(?:\[?ip\]? )?(?:has been |is |was )?(?:temporarily )?(?:block|denied|reject|banned)|\b(?:bad|black|remote|sender|blocked) ip\b|\bip (?:is |in |was )?(?:hangup|prison|check error)|dynamic (?:ip|address|host)|\[?\bip\]? - a problem occurred|(?:ip|host|connection|client)s? .{0,30}(?:blocked|denied) by|access denied, banned/,
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
