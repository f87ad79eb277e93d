import type { Rule } from './rule.ts';

/** The message or its way was refused; the address is not to blame. */
export const POLICY_RULES: readonly Rule[] = [
  {
    rule: 'relay.denied',
    cls: 'block',
    kind: 'relay',
    confidence: 0.93,
    pattern:
      /relay(?:ing)?(?: \S+){0,4} (?:denied|not (?:permitted|allowed|available)|prohibited|access|refused|rejected|restricted|disabled)|(?:unable|not allowed|not permitted|unauthori[sz]ed|cannot|refus\w+|reject\w*|denied|no|invalid|we do not) (?:to )?relay|rcpthosts|not (?:permitted|allowed|authori[sz]ed) to relay|relay msg|bypassing|open relay|not a gateway|does not relay/,
  },
  {
    rule: 'content.words',
    cls: 'block',
    kind: 'content',
    confidence: 0.92,
    pattern:
      /\bspam\b|\bspammy|спам|垃圾邮件|垃圾郵件|スパム|junk|unsolicited|virus|malware|phish|attachment|suspicious|content|mime\b|message header|header (?:error|is|too)|invalid header|8-?bit|message filter|filtered|(?:duplicated?|invalid|missing|same|no) message-?id|duplicate|format(?:ting)?(?: \S+)? (?:error|invalid|not)|malformed|bare (?:lf|cr)|suspected|prohibited (?:word|file|url)|data refused|headers? (?:rejected|refused)|unacceptable|invalid (?:character|header|charset)|charset/,
  },
  {
    rule: 'auth.tls',
    cls: 'block',
    kind: 'auth',
    confidence: 0.88,
    pattern:
      /\btls\b|starttls|ssl\b|encryption (?:required|needed)|must issue|credentials|certificate|auth(?:entication)?\b/,
  },
  {
    rule: 'policy.words',
    cls: 'block',
    kind: 'policy',
    confidence: 0.85,
    pattern:
      /polic(?:y|ies)|prohibit|preferences|local rule|security (?:reason|restriction|level)|administrative(?:ly)? (?:prohibit|reject|deny|denied)|only (?:accepts?|receives?)(?: mail| messages| e-?mail)? from|not authori[sz]ed|unauthori[sz]ed|not permitted|not allowed|disallowed|forbidden|restriction|permission|access (?:is )?(?:denied|not allowed)|denied|\bblock(?:ed|ing)?\b|denyip|rejected for|transaction (?:rejected|refused)|block \d|will not accept (?:delivery of )?(?:this|the|your|any) (?:message|mail|e-?mail)/,
    unless: /verification failed for/,
  },
  {
    rule: 'policy.refused',
    cls: 'block',
    kind: 'policy',
    confidence: 0.75,
    pattern:
      /(?:mail|message|e-?mail|connection|transaction|data|delivery|it|service|we|host|server|recipient|address|addr|is|was|were|been|system|rejet[ée]?|domain)(?:[^.]{0,40}) (?:rejected|refused|refuse\b|reject\b|not accepted|declined)|(?:rejected|refused|reject) (?:by|due|because|from|your|the|message|mail|as|-|,|:)|reject(?:ed|ing|s)\b|refus(?:e|ed|es|ing)\b|rejet(?:é|ée|e|ee)(?![a-z])|refus(?:é|ée|ee)(?![a-z])|negad[oa]|allowed recipients|отклонен|отказано|拒绝|拒絕|拒收|被拒|拒否|abgelehnt|rechazad|rifiutat|recusad|odrzucon/,
    unless: /connection(?:s)? (?:was )?refused by|refused to talk/,
  },
];
