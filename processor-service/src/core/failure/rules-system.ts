import { isTransientCode } from './rule.ts';
import type { Rule } from './rule.ts';

/** Failures of this one message's size. */
export const SIZE_RULES: readonly Rule[] = [
  {
    rule: 'size.words',
    cls: 'soft',
    kind: 'size',
    confidence: 0.94,
    pattern:
      /(?:message|mail|e-?mail|size|attachment|data|body|content|header)s?(?: \S+){0,4} (?:too (?:large|big|long)|larger than|exceed(?:s|ed|ing)?(?: \S+){0,4} (?:size|limit|maximum|value))|(?:message|mail|maximum|max|attachment) size(?: \S+){0,3} (?:exceed|limit|violat)|exceed(?:s|ed|ing)?(?: \S+){0,5} (?:message|mail) size|size limit|too (?:large|big) (?:message|mail|for)|(?:line|lines)(?: \S+){0,2} too long|line (?:length )?limit|line length (?:is|exceed|of)|length of .{0,40}(?:maximum|limit)/,
    unless: /headers? (?:are |is )?too (?:large|long|big)/,
  },
];

/** What went wrong on the way, before any server had a say, or was put off by one on principle. */
export const WAY_RULES: readonly Rule[] = [
  {
    rule: 'transient.greylist',
    cls: 'soft',
    kind: 'transient',
    confidence: 0.95,
    pattern:
      /gr[ea]y-?list|gr[ea]y list|postgrey|first time sender|not yet (?:been )?authori[sz]ed to deliver/,
  },
  {
    rule: 'transient.way',
    cls: 'soft',
    kind: 'transient',
    confidence: 0.93,
    pattern:
      /^(?:smtp )?(?:lost connection|connect to |connection to |conversation with |timed? ?out|unable to connect|could ?n[o']t connect|no route to host|network is unreachable)/,
    unless: /block|denied|spam|listed|reputation|\b55\d\b/,
  },
  {
    rule: 'transient.expired',
    cls: 'soft',
    kind: 'transient',
    confidence: 0.9,
    pattern:
      /message (?:has )?expired|(?:delivery|retry) (?:time|timeout|period) (?:has )?(?:expired|exceeded)|expired in (?:the )?queue/,
    unless: /block|denied|spam|listed|reputation|no such|unknown|does not exist|not found/,
  },
  {
    rule: 'transient.lookup',
    cls: 'soft',
    kind: 'transient',
    confidence: 0.85,
    pattern:
      /unable to (?:get|look ?up|resolve) (?:the )?mx\b|\bmx (?:lookup|info) (?:failed|error)|unverified address: address (?:lookup|verification)|address verification in progress|could not complete .{0,20}callout/,
    unless: /no such|unknown|does not exist|sender/,
  },
];

/** The way there was closed for a while; said so plainly that refusals in the same text are its echo. */
export const PASSING_RULES: readonly Rule[] = [
  {
    rule: 'transient.local_delivery',
    cls: 'soft',
    kind: 'transient',
    confidence: 0.85,
    pattern: /can'?t create output|unable to chdir|\.forward: line|procmail|maildir\b/,
  },
  {
    rule: 'transient.connection',
    cls: 'soft',
    kind: 'transient',
    confidence: 0.93,
    pattern:
      /connection(?:s)? (?:to \S+ |with \S+ |was |is |has been |unexpectedly )*(?:refused|timed|reset|lost|dropped|broken|closed|failed|error|aborted|terminated|expired)|lost connection|(?:connect|connecting|connection)(?: \S+){0,4} (?:timed? ?out|failed|refused|is broken)|timed ?out|time ?-?out|no route|network (?:is )?(?:error|unreachable|problem)|did not accept our requests to connect|unable to connect|could ?n[o']t connect|refused to talk (?!to \S+: 5)|no smtp connection|host (?:is )?(?:unreachable|down)|not responding|no (?:answer|response) from/,
    unless:
      /connection refused ?\((?!socket)|refused your connection|connections? (?:not accepted|refused) (?:from|due)/,
  },
  {
    rule: 'transient.loop',
    cls: 'soft',
    kind: 'transient',
    confidence: 0.9,
    pattern:
      /mail loop|routing loop|loop detect|looping|loops? back to|too many hops|hop count|hops? exceeded/,
  },
  {
    rule: 'transient.unavailable',
    cls: 'soft',
    kind: 'transient',
    confidence: 0.85,
    pattern: /(?:temporarily|currently) (?:un|not )available/,
  },
  {
    rule: 'transient.later',
    cls: 'soft',
    kind: 'transient',
    confidence: 0.88,
    pattern:
      /try (?:again )?later|try again|retry later|please retry|temporar|come back later|deferred|busy/,
    when: isTransientCode,
  },
];

/** Everything else that goes wrong with machines and gets better. */
export const TRANSIENT_RULES: readonly Rule[] = [
  {
    rule: 'transient.words',
    cls: 'soft',
    kind: 'transient',
    confidence: 0.85,
    pattern:
      /try (?:again )?later|try again|will retry|retry|retries|retried|\bbusy\b|deferred|delayed|temporar|(?:message|delivery|queue|retry)(?: \S+){0,3} expired|(?:been )?in the queue too long|could not be delivered (?:for|within)|unable to deliver .{0,30}(?:after|for) \d|giving up|delivery failed \d+|dns (?:error|failure|lookup|server|problem)|name ?server|(?:lookup|resol(?:ve|ution))(?: \S+)? (?:failed|failure|error)|unreachable|overload|load (?:is )?too high|insufficient (?:system )?(?:storage|resources?)|out of (?:memory|resources)|(?:i\/o|queue file|write|disk|file|filesystem|local|internal|system|server|processing|configuration|unexpected|database|ldap) (?:write )?(?:error|failure|problem)|service (?:is )?(?:currently |temporarily )?(?:not available|unavailable)|server (?:is )?(?:not available|unavailable|shutting)|(?:database|ldap server|host) (?:was |is )?not found|lookups? failed|dns records?.{0,40}(?:not found|not be found)|lifetime|removed from (?:the )?queue|in the spool|not accepting (?:connections|messages|mail)|shutting down|closing (?:transmission|connection)|maintenance|greeting|could not load|can'?t create output|error in processing|local error|mailer error|out of service|mailbox busy|being (?:used|locked) by/,
  },
];
