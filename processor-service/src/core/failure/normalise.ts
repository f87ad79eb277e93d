import { LIMITS } from '../bounds.ts';
import { isAscii } from './ascii.ts';

/** A failure text made comparable: lower case, one space, addresses, numbers and links replaced. */
export type FailureText = {
  readonly text: string;
  /** In lower case and no further: what gives the provider away. */
  readonly asSaid: string;
  /** Reply code, `550`, or null. */
  readonly reply: string | null;
  /** Enhanced status code, `5.1.1`, or null. */
  readonly enhanced: string | null;
  /** The server answered to MAIL FROM or HELO: what it says is about the sender. */
  readonly isAboutSender: boolean;
};

const BOUNDARY = /[\s<>"'`()[\]{},;:=|]/;
const SPACES = /\s+/g;
const UNEVEN = / {2}|[\t-\r\u0080-\uffff]/;
const CONTINUED = /\d-/;
const STEPPED = /in reply to|after |while /;
const DIGIT = /[245]/;
const DOTTED = /\d\.\d{1,3}\.\d{1,3}\.[\dx]/;
const COLONS = /:[0-9a-f]{0,4}:/;
const IP_ADDRESS = /(?<![\d.])\d{1,3}\.\d{1,3}\.\d{1,3}\.(?:\d{1,3}|[x0]+)(?![\d.]*\d)/g;
const IP6_ADDRESS = /(?<![0-9a-f:])(?:[0-9a-f]{1,4}:){3,7}(?::?[0-9a-f]{1,4}){1,4}(?![0-9a-f:])/g;
const REPLY = /(?<![\d.\-#/:])([245][0-9]\d)(?=[ \-:.]|$)(?!\.\d)/;
const ENHANCED = /(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)/;
const EVERY_ENHANCED = new RegExp(ENHANCED.source, 'g');
const BRACKETS = /\[[^[\]]{0,200}\]/g;
const CONTINUATION = /(?<![\d.])[245]\d\d-(?:[245]\.\d{1,3}\.\d{1,3}(?!\d|\.\d))?/g;
const SAID_TO_SENDER =
  /(?:in reply to|after|response to|reply to) (?:mail from|ehlo|helo)\b|(?:my name|sender) was rejected|\bmail from command\b/;
/** Where the server speaks of a step of the dialogue, not of its subject. */
const STEP =
  /\(?(?:in reply to|after|while (?:performing|sending|receiving)) (?:the )?(?:rcpt to|mail from|end of data|data|initial connection|initial server greeting|ehlo|helo)(?: command| handshake)?\)?/g;
/** A report in front of the reply itself: `host x said: 550 …`, `5.0.0 … smtp; 550 …`. */
const REPORT = /^.{0,300}?(?:\bsaid: ?|smtp; ?)(?=[245]\d\d[ -].{6})/;
/** What a relay makes of any refusal, with the reply quoted behind it: `5.1.0 - … 550-'…'`. */
const GLOSS = /^.{0,80}?[245]\.\d{1,3}\.\d{1,3} ?- ?[^'"]{3,60} (?=[245]\d\d-['"])/;
/** What a relay adds when it turns away from a host for good. */
const GIVING_UP = /giving up on \S+/g;
/** A name in angle brackets is somebody's, also without a domain. */
const BARE_NAME = /<[a-z0-9._+-]{1,64}>/g;
/** The code a reply gives; codes elsewhere are a relay's own. */
const ENHANCED_AFTER_REPLY = /(?<![\d.\-#/:])[245]\d\d[ -]#?([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)/;
const UNTOLD = /^\d\.0\.0$/;

/** Replaces every word around an `@` by `addr`; linear, unlike a pattern with two open ends. */
function maskWords(text: string): string {
  let out = '';
  let from = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', from)) {
    let start = at;
    while (start > from && !BOUNDARY.test(text[start - 1] ?? ' ')) start -= 1;
    let end = at + 1;
    while (end < text.length && !BOUNDARY.test(text[end] ?? ' ')) end += 1;
    out += `${text.slice(from, start)}addr`;
    from = end;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** Hosts whose links say why: the sender is on a list. */
const LIST_HOST =
  /spamhaus|sorbs|spamcop|barracuda|cloudmark|proofpoint|senderbase|abusix|mailspike|surbl|uribl|uceprotect|spfbl|rbl|dnsbl|sender\.office\.com|delist|blocked\.|antispam/;

/** A link says what it is for in its `p=` token, or by its host. */
function readLink(link: string): string {
  const token = /[?&]p=([a-z0-9_]{1,40})/.exec(link)?.[1];
  if (token !== undefined) return ` ${token} `;
  return LIST_HOST.test(link) ? ' listed ' : ' url ';
}

const readLinks = (text: string): string =>
  text.includes('http') ? text.replace(LINK, readLink) : text;
const maskIp = (text: string): string =>
  DOTTED.test(text) ? text.replace(IP_ADDRESS, 'ip') : text;
const maskIp6 = (text: string): string =>
  COLONS.test(text) ? text.replace(IP6_ADDRESS, 'ip') : text;

const LINK = /https?:\/\/ ?[^\s<>"'()]{1,300}/g;

/** Lower case, in the one spelling Unicode has for what looks alike. */
function fold(raw: string): string {
  const capped = raw.slice(0, LIMITS.failureText);
  if (isAscii(capped)) return capped.toLowerCase();
  return capped.normalize('NFKC').toLowerCase().replaceAll('’', "'");
}

/** The enhanced code that says most: that of the reply, else the first that is not `x.0.0`. */
function readEnhanced(text: string): string | null {
  if (!text.includes('.')) return null;
  const ofReply = ENHANCED_AFTER_REPLY.exec(text)?.[1];
  if (ofReply !== undefined && !UNTOLD.test(ofReply)) return ofReply;
  const first = ENHANCED.exec(text)?.[1];
  if (first === undefined || !UNTOLD.test(first)) return first ?? null;
  const all = [...text.matchAll(EVERY_ENHANCED)].map(([, code = '']) => code);
  return all.find((code) => !UNTOLD.test(code)) ?? first;
}

/** The reply itself, without what a relay put before it. */
function replyOf(text: string): string {
  const isReport = text.includes('said:') || text.includes('smtp;');
  const reply = isReport ? text.replace(REPORT, '') : text;
  return reply.includes(' - ') || reply.includes("-'") ? reply.replace(GLOSS, '') : reply;
}

/** One space between words; most texts come that way. */
function singleSpaced(text: string): string {
  const isEven = !UNEVEN.test(text) && !text.startsWith(' ') && !text.endsWith(' ');
  return isEven ? text : text.replace(SPACES, ' ').trim();
}

function withoutNames(text: string): string {
  const masked = text.includes('<') ? text.replace(BARE_NAME, 'addr') : text;
  return masked.includes('giving up') ? masked.replace(GIVING_UP, '') : masked;
}

function withoutSteps(text: string): string {
  const joined = CONTINUED.test(text) ? text.replace(CONTINUATION, ' ') : text;
  return STEPPED.test(joined) ? joined.replace(STEP, ' ') : joined;
}

export function normaliseFailure(raw: string): FailureText {
  const asSaid = fold(raw);
  const whole = singleSpaced(readLinks(maskWords(asSaid)));
  const isAboutSender = SAID_TO_SENDER.test(whole);
  // Where it says at which step the sender was refused, what stands before the reply stays.
  const plain = withoutNames(isAboutSender ? whole : replyOf(whole));
  const outside = maskIp(plain.includes('[') ? plain.replace(BRACKETS, ' ') : plain);
  const hasDigits = DIGIT.test(outside);
  const reply = hasDigits ? (REPLY.exec(outside)?.[1] ?? null) : null;
  const enhanced = hasDigits ? readEnhanced(outside) : null;
  const masked = maskIp6(maskIp(withoutSteps(plain)));
  const text = masked === whole ? whole : singleSpaced(masked);
  return { text, asSaid, reply, enhanced, isAboutSender };
}
