import type { Rule } from './rule.ts';

/** Replies to a login, never to a recipient: RFC 4954. */
const LOGIN_REPLIES = new Set(['530', '534', '535', '538']);

const SENDER =
  '(?:sender|originator|author|reply-to|mail ?from(?! ip\\b)|envelope[ -]from|from[ -]address|return[ -]path|from:)';

/** The sender is not who it should be: families of authentication and of the sender's address. */
export const SENDER_RULES: readonly Rule[] = [
  {
    rule: 'auth.mechanism',
    cls: 'block',
    kind: 'auth',
    confidence: 0.97,
    pattern:
      /\b(?:spf|dkim|dmarc|arc)\b|un-?authenticated|authentication (?:information|results|checks?|failed|failure|required|is required|credentials)|(?:not|must|must be|fail(?:s|ed)? to|could not|require[sd]?|to) authenticat|sender ?id\b|purported responsible/,
  },
  {
    rule: 'auth.reverse_dns',
    cls: 'block',
    kind: 'auth',
    confidence: 0.95,
    pattern:
      /\bptr\b|reverse[ -]?(?:dns|lookup|hostname|mapping|record)|\brdns\b|fcrdns|(?:ip|client|host) name lookup failed|cannot find your (?:reverse )?host|no reverse|bad dns|resolve your ip|ipv6autherror|\bip (?:address )?(?:ip )?(?:not found in|has no)/,
    unless: /try again later to deliver/,
  },
  {
    rule: 'sender.refused',
    cls: 'block',
    kind: 'sender',
    confidence: 0.95,
    pattern: new RegExp(
      `${SENDER}(?: \\S+){0,6} (?:rejected|refused|denied|blocked|banned|not allowed|not permitted|not authori[sz]ed|not accepted|not verified|could not be verified|verify|verification|invalid|unknown|does not exist|doesn't exist|not exist|not found|is not in|not in my|disallowed|forbidden|restricted|policy|reputation|mismatch|required|must|spoof|cannot send|can't send)|(?:reject(?:s|ed|ing)|refus(?:es|ed|ing)|den(?:y|ies|ied|ying)|block(?:s|ed|ing)|banned|unauthori[sz]ed|invalid|unknown|bad|fake|forged|blacklisted|verify|unverified|spoof(?:ed|ing)|malformed|untrusted|illegal|poor reputation) (?:the |this |that )?(?:sender|sending|return path|from|message from)\\b|spoofed (?:message|mail|e-?mail|address)`,
    ),
    unless:
      /please (?:inform|contact|notify) the sender|return(?:ed)? to sender|messages? from unknown senders/,
  },
  {
    rule: 'sender.domain',
    cls: 'block',
    kind: 'sender',
    confidence: 0.93,
    pattern:
      /(?:sender|sending|from|originating|envelope)(?:'s)? ?:? ?(?:email )?domain|sender'?s? (?:email |address|ip|host|domain)|valid (?:sender|from)\b|from: (?:header|address|addresses|domain)|from header|(?:blank|empty|missing|multiple|invalid) from|header from|rfc ?5322|rfc ?5321 violation|rfc ?2822|\bhelo\b|\behlo\b|my name was rejected|envelope from|domain (?:that |which )?you (?:send|sent|are sending) from|mail from (?:non-?existent|unknown|invalid)|(?:unresolvable|unknown|invalid) (?:client host|host ip)\b|(?:hostname|name) of your|domain must be valid|sender identity|verified sender|from address (?:does not|doesn't) match|backscatter|\bbatv\b|bounce address tag/,
    unless: /please (?:inform|contact|notify) the sender/,
  },
];

/** The account that sends is not let in, or not any more; whatever else the text says of accounts. */
export const ACCOUNT_RULES: readonly Rule[] = [
  {
    rule: 'sender.account',
    cls: 'block',
    kind: 'sender',
    confidence: 0.88,
    pattern:
      /your (?:e-?mail |user |mail |smtp )?account (?:has been |is |was )?(?:temporarily )?(?:disabled|blocked|suspended|locked|limited|restricted|not allowed|not permitted|not active|inactive|expired|closed|banned)|your (?:e-?mail )?address (?:does|is|was|has)|(?:address|account|mail ?box) (?:that |which )?you (?:are )?(?:writ|send|mail)\w* from|sending (?:account|user)\b|sending (?:for|from) this (?:account|user)|username and password|outbound (?:mail|message|e-?mail)|\bapi key\b|not authori[sz]ed to (?:use this|send)|badmailfrom|(?:verification|callback setup) failed (?:for|while (?:checking|verifying))|called: .{0,120}sent: .{0,200}response:/,
  },
  {
    rule: 'auth.login',
    cls: 'block',
    kind: 'auth',
    confidence: 0.9,
    pattern: /authenticat|password|credential|\bauth\b|login|locked|access denied/,
    when: ({ reply }) => reply !== null && LOGIN_REPLIES.has(reply),
  },
  {
    rule: 'policy.not_from_you',
    cls: 'block',
    kind: 'policy',
    confidence: 0.9,
    pattern:
      /(?:does|do|will|can) ?(?:n[o']t|'t|not) (?:accept|receive) (?:any |your )?(?:e-?mails?|mails?|messages?) (?:from|sent|in|with|containing|written|that|which)\b|(?:no longer accepts?|not accepting) (?:any )?(?:e-?mails?|mails?|messages?) from|not (?:subscribed to|a subscriber of) (?:this|the)|members?[ -]only list|non-?members? to/,
  },
];

/** The sender sends too much. */
export const RATE_RULES: readonly Rule[] = [
  {
    rule: 'rate.volume',
    cls: 'block',
    kind: 'rate',
    confidence: 0.93,
    pattern:
      /too many (?:invalid |bad |unknown |concurrent |simultaneous |smtp |open |unauthenticated |different |same size |same |e-?)*(?:recipients?|rcpts?|connections?|messages?|sessions?|mails?|emails?|errors|requests|commands|transactions|attempts)|(?:rate|frequency|volume|connection|concurrency|message)[ -]?(?:is |was |has been )?(?:limit|throttl)|throttl|unusual (?:\S+ )?(?:rate|volume|amount|activity)|(?:messages|mails?|emails?|connections|recipients) per (?:hour|minute|day|second|connection|session)|per[ -]hour|excessive (?:\S+ )?(?:volume|messages?|connections?|e?-?mails?|errors?|rates?|numbers?|amounts?|sending|recipients?|traffic|bounces?|invalid|unknown|use)|too (?:fast|frequent|quickly)|(?:sending|submission|relay|sender|outbound|outgoing|daily|hourly)(?: message| mail| email| rate)*(?: quota| limit)|(?:unexpected|high) volume|mail flood|(?:exceed|reach)(?:s|ed)? (?:the |your |our )?(?:maximum |max )?(?:number of |allowed )*(?:connections|rate|limit of (?:messages|connections|mails))|limit(?:ed)? (?:the )?(?:rate|number) (?:of|at)|slow down/,
    unless: /too many hops|(?:user|mail ?box|recipient|account) has too many/,
  },
];
