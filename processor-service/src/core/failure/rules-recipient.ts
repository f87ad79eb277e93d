import type { FailureText } from './normalise.ts';
import type { Rule } from './rule.ts';

/** Nouns for whoever mail goes to. An `ip address` is none, and of an `email` only some is said. */
const PLACE =
  "(?:users?|user ?name|mail ?-?box(?:es)?|mail ?drop|recipients?|receivers?|accounts?|(?<!\\bip )address(?:ee|es)?|alias|local[- ]?part|rcpt(?: ?to)?|member|person|customer|mail user|addr)(?:'s)?";
const WHO = `(?:${PLACE}|e-?mails?)`;

const ABOUT_WHO = new RegExp(`\\b${WHO}\\b`);
const ABOUT_PLACE = new RegExp(`\\b${PLACE}\\b`);

/** A machine behind the mailbox failed, not the mailbox. */
const MACHINE =
  /(?:database|data ?store|store|server|lookup|ldap)(?: server)? (?:is |was |are |currently |temporarily )*(?:not |un|fail|down|busy)|timed? ?out|right now|at (?:this|the) (?:time|moment)/;

/** The server speaks of a list of people who may write, not of a mailbox. */
const LIST_MEMBERS =
  /not a (?:list )?member of (?:the |this )?(?:list|group)|subscribers? only|members? only|non-?member/;
const TRY_LATER = /try again|temporar|later|timed? ?out|will retry/;

const STRICT_ADDRESS = new Set(['5.1.0', '5.1.1', '5.1.3', '5.1.6', '5.1.10']);

function isStrict({ enhanced }: FailureText): boolean {
  return enhanced !== null && STRICT_ADDRESS.has(enhanced);
}

/** Neither an answer to the sender's name, nor one whose code says that the mailbox is full. */
function isAboutRecipient({ isAboutSender, enhanced }: FailureText): boolean {
  return !isAboutSender && enhanced !== '5.2.2';
}

/** Nobody lives there. */
export const NO_MAILBOX_RULES: readonly Rule[] = [
  {
    rule: 'no_mailbox.token',
    cls: 'hard',
    kind: 'no_mailbox',
    confidence: 0.98,
    pattern:
      /nosuchuser|recip(?:ient)?notfound|resolver\.adr|no[ -]such[ -](?:user|mail ?box|mail ?drop|recipient|account|address|person|alias|local|rcpt|email|mail user|destination)|no mail ?box(?: (?:here|by|with|found|at|for|available|exists?|on|called|named)|["'.!,]{0,2}$)|no (?:account|user)s? addr (?:here|by)|no users? (?:here|by that|of that|with)|not a local (?:address|user|mail ?box|account)|(?:no|not have an?) (?:final )?(?:e-?mail )?delivery point|(?:does ?n[o']t|do not) handle (?:e-?)?mail for|no (?:one|user|person|account|recipient|address|mail ?box|valid recipients?)(?: is| was| were)? (?:here|by that|by this|with that|with this|found|at this|of that|for this|matching)|no valid (?:recipients?|rcpt)|(?:doesn'?t|does not|do not|don'?t) have (?:an?|any) .{0,60}account|not our customer|not a member of (?:the |this |our )?domain|not (?:a )?(?:local )?users? (?:of|on|at) this (?:server|system|domain|host)|(?:does|do)(?: not|n'?t) exists? (?:that |this |such |the |an? )?(?:user|mail ?box|recipient|account|address)|cannot deliver mail for\b/,
    unless: LIST_MEMBERS,
    when: isAboutRecipient,
  },
  {
    rule: 'no_mailbox.words',
    cls: 'hard',
    kind: 'no_mailbox',
    confidence: 0.95,
    pattern: new RegExp(
      `\\b(?:unknown|invalid|nonexistent|non-existent|illegal|unrecogni[sz]ed|unregistered|incorrect|incorrectly constructed|malformed|wrong|undefined|undeliverable|unallocated|obsolete|unavailable)(?: or \\w{1,12})? (?:email |e-mail |mail |local |destination |target |final |virtual |final delivery |recipient ){0,3}${WHO}\\b|\\bnot (?:a |an )?(?:valid|known|existing) (?:e-?mail )?(?:recipient|user|mail ?box|account|addressee|alias)\\b|\\bbad (?:destination )?(?:mail ?box|recipient|rcpt|user|address)|(?:can(?:no|')?t|could ?n[o']t|unable to|can not) (?:find|locate|verify|resolve) (?:the |that |this |your |such |any |alias |a ){0,2}(?:user|recipient|mail ?box|account|address|rcpt)`,
    ),
    unless: new RegExp(`${LIST_MEMBERS.source}|${MACHINE.source}`),
    when: isAboutRecipient,
  },
  {
    rule: 'no_mailbox.said_of_it',
    cls: 'hard',
    kind: 'no_mailbox',
    confidence: 0.93,
    pattern:
      /unknown|not found|(?:does not|doe?sn'?t|do not|don'?t|did not|not|no longer|never) exist|not (?:a )?(?:user|customer) of (?:this|our) |\bnot (?:a )?(?:known|recogni[sz]ed|registered|listed|local|our customer|here|present|on (?:this )?server|configured to receive|set ?up)|isn'?t (?:a |an )?(?:known|here|local|registered)|was ?n[o']t found|could ?n[o']t be found|(?:cannot|can'?t) be (?:found|verified)|could not be verified|non-?existent|no longer (?:on|valid|with|at|here)|not (?:found )?in (?:our |the )?(?:recipients? |users? |address(?:es)? |local |customer |mail ?box )?(?:list|directory|database|table|map)/g,
    about: ABOUT_WHO,
    unless: new RegExp(
      `${LIST_MEMBERS.source}|${MACHINE.source}|host(?: \\S+)? (?:was |is )?not found|not found, try|domain (?:name )?(?:is )?(?:not found|not exist|does not exist|unknown|invalid)`,
    ),
    when: isAboutRecipient,
  },
  {
    // Of an email these may be said because of how it is written.
    rule: 'no_mailbox.called_invalid',
    cls: 'hard',
    kind: 'no_mailbox',
    confidence: 0.9,
    pattern:
      /(?:is|are) invalid|\binvalid\b|\bnot (?:a )?valid|isn'?t (?:a )?valid|\bis wrong|(?:is|are|was) undefined/g,
    about: ABOUT_PLACE,
    unless: new RegExp(
      `${LIST_MEMBERS.source}|domain (?:name )?(?:is )?invalid|invalid (?:headers?|message|character|syntax|format)`,
    ),
    when: isAboutRecipient,
  },
  {
    rule: 'no_mailbox.unavailable',
    cls: 'hard',
    kind: 'no_mailbox',
    confidence: 0.8,
    pattern: /(?:un|not )available|undeliverable/g,
    about: ABOUT_WHO,
    unless:
      /(?:temporarily|currently|service|server|system) (?:is )?(?:un|not )available|polic|reject(?:ed)? (?:due|by|for|because)|block|access denied|spam|restrict|security|\bip\b|(?:database|store|server) (?:is )?(?:un|not )available/,
    when: isAboutRecipient,
  },
  {
    rule: 'no_mailbox.rejected_by_code',
    cls: 'hard',
    kind: 'no_mailbox',
    confidence: 0.9,
    pattern: /rejected|refused|denied|not accepted/g,
    about: ABOUT_WHO,
    unless: /unauthori[sz]ed|sender|preferences|polic|unverified address/,
    when: (read) => isStrict(read) && isAboutRecipient(read),
  },
  {
    rule: 'no_mailbox.directory',
    cls: 'hard',
    kind: 'no_mailbox',
    confidence: 0.9,
    pattern: /recipient address rejected: access denied/,
    when: ({ enhanced }) => enhanced === '5.4.1',
  },
];

/** Nobody lives in that whole domain. */
export const NO_DOMAIN_RULES: readonly Rule[] = [
  {
    rule: 'no_domain.words',
    cls: 'hard',
    kind: 'no_domain',
    confidence: 0.93,
    pattern:
      /nxdomain|non-?existent (?:domain|host)|domainnonexistent|(?:unknown|invalid|illegal|no such|bad) (?:destination )?(?:domain|host(?:\/domain)?)\b|(?:host|hostname|domain)(?: \S{1,80})? (?:is )?unknown|null ?mx|does ?n[o']t accept (?:any )?(?:e-?mail|mail)s?\b(?! (?:in|with|from|that|written|containing|which|to|of|for)\b)|no (?:valid )?mx\b|(?:no|couldn'?t find (?:a|any)) (?:mail exchanger|host named|valid hosts?)|host(?: \S{1,80})? (?:or domain )?(?:name )?not found|unrout(?:e)?able (?:mail )?(?:domain|address)|name or service not known|(?:find|locate|reach) the (?:recipient|destination|target)(?:'s)? domain|bad destination (?:system|host)|no relevant answers|nowhere to deliver|no mail hosts?|domain (?:is )?not (?:used|in use|hosted|local)|(?:could not|unable to|cannot) resolve (?:the )?domain|could ?n[o']t find any host|no data by dns|(?:mx|srv) (?:or \w+ )?records? (?:indicat|say|show)\S* no/,
    unless: TRY_LATER,
    when: isAboutRecipient,
  },
  {
    rule: 'no_domain.said_of_it',
    cls: 'hard',
    kind: 'no_domain',
    confidence: 0.93,
    pattern:
      /not found|(?:does not|doe?sn'?t|not) exist|could(?: not|n'?t) be found|(?:doesn'?t|does not|not) (?:accept|receive)|has no (?:mx|mail)|had no (?:mx|mail)/g,
    about: /\bdomain\b/,
    unless: TRY_LATER,
    when: isAboutRecipient,
  },
];

/** Somebody lived there. */
export const DISABLED_RULES: readonly Rule[] = [
  {
    rule: 'disabled.words',
    cls: 'hard',
    kind: 'disabled',
    confidence: 0.95,
    pattern: new RegExp(
      `disableduser|(?:disabled|inactive|closed|expired|de-?activated|discontinued|terminated|deleted|cancel?led|retired|archived|not active|not an active) (?:e-?mail |user |mail |recipient ){0,3}${WHO}\\b|no ?(?:recipient |user |account )?activity\\b|extended inactivity|no longer (?:an? employee|employed|works?\\b)`,
    ),
    unless: /temporar/,
    when: isAboutRecipient,
  },
  {
    rule: 'disabled.said_of_it',
    cls: 'hard',
    kind: 'disabled',
    confidence: 0.93,
    pattern:
      /disabled|inactiv|not active|no longer active|closed|expired|de-?activated|discontinued|terminated|deleted|removed|cancel?led|retired|abandoned|no longer (?:accept|in use|monitored|used|available)|obsolete|has moved|not activated/g,
    about: ABOUT_WHO,
    unless:
      /temporar|(?:message|delivery|retry|queue|connection|session|time)(?: \S{1,40}){0,2} (?:expired|closed)|access disabled|try again|lifetime|from (?:the )?queue|in the spool|(?:message|mail)(?: \S+){0,5} (?:was|has been|is|were) (?:deleted|removed|discarded)/,
    when: isAboutRecipient,
  },
];

/** Somebody lives there and is locked out for now. */
export const LOCKED_RULES: readonly Rule[] = [
  {
    rule: 'disabled_temp.cannot_receive',
    cls: 'soft',
    kind: 'disabled_temp',
    confidence: 0.8,
    pattern:
      /(?:cannot|can not|can't|does ?n[o']t|unable to|not able to|not allowed to) receive (?:e-?mails?|mails?|messages?)\b(?! from)|not (?:currently )?(?:being )?accept(?:ed|ing) for this|never logged|log ?in to (?:enable|receive)/,
    when: isAboutRecipient,
  },
  {
    rule: 'disabled_temp.words',
    cls: 'soft',
    kind: 'disabled_temp',
    confidence: 0.9,
    pattern:
      /\blocked|frozen|suspend(?:s|ed)?\b|restricted(?! to)|on hold|temporarily (?:disabled|inactive|closed|de-?activated|locked|blocked)/g,
    about: ABOUT_WHO,
    unless: /delivery temporarily suspended/,
  },
  {
    rule: 'disabled_temp.account_blocked',
    cls: 'soft',
    kind: 'disabled_temp',
    confidence: 0.8,
    pattern:
      /(?:recipient|user|mail ?box|e-?mail)(?:'s)? (?:account )?(?:is ?|has been |was )blocked|account (?:is ?|has been |was )blocked|(?:locked|frozen|suspended) (?:e-?mail |user |mail ){0,2}(?:account|mail ?box|user)/,
  },
];
