/** Text that is read at all; whatever a server has to say, it says in its first lines. */
export const TEXT_CHARS_MAX = 2000;

/** A failure text made comparable: lower case, one space, addresses, numbers and links replaced. */
export type FailureText = {
  readonly text: string;
  /** Reply code, `550`, or null. */
  readonly reply: string | null;
  /** Enhanced status code, `5.1.1`, or null. */
  readonly enhanced: string | null;
  /** The server answered to MAIL FROM or HELO: what it says is about the sender. */
  readonly isAboutSender: boolean;
};

const BOUNDARY = /[\s<>"'`()[\]{},;:=|]/;
const SPACES = /\s+/g;
const IP_ADDRESS = /(?<![\d.])\d{1,3}\.\d{1,3}\.\d{1,3}\.(?:\d{1,3}|[x0]+)(?![\d.]*\d)/g;
const IP6_ADDRESS = /(?<![0-9a-f:])(?:[0-9a-f]{1,4}:){3,7}(?::?[0-9a-f]{1,4}){1,4}(?![0-9a-f:])/g;
const REPLY = /(?<![\d.\-#/:])([245][0-9]\d)(?=[ \-:.]|$)(?!\.\d)/;
const ENHANCED = /(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)/;
const BRACKETS = /\[[^[\]]{0,200}\]/g;
const CONTINUATION = /(?<![\d.])[245]\d\d-(?:[245]\.\d{1,3}\.\d{1,3}(?!\d|\.\d))?/g;
const SAID_TO_SENDER =
  /(?:in reply to|after|response to|reply to) (?:mail from|ehlo|helo)\b|my name was rejected|\bmail from command\b/;
/** Where the server speaks of a step of the dialogue, not of its subject. */
const STEP =
  /\(?(?:in reply to|after) (?:the )?(?:rcpt to|mail from|end of data|data|initial connection|ehlo|helo)(?: command)?\)?/g;

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

const LINK = /https?:\/\/ ?[^\s<>"'()]{1,300}/g;

export function normaliseFailure(raw: string): FailureText {
  const capped = raw.slice(0, TEXT_CHARS_MAX).normalize('NFKC').toLowerCase();
  const plain = maskWords(capped.replaceAll('’', "'"))
    .replace(LINK, readLink)
    .replace(SPACES, ' ')
    .trim();
  const outside = plain.replace(BRACKETS, ' ').replace(IP_ADDRESS, 'ip');
  const reply = REPLY.exec(outside)?.[1] ?? null;
  const enhanced = ENHANCED.exec(outside)?.[1] ?? null;
  const isAboutSender = SAID_TO_SENDER.test(plain);
  const text = plain
    .replace(CONTINUATION, ' ')
    .replace(STEP, ' ')
    .replace(IP_ADDRESS, 'ip')
    .replace(IP6_ADDRESS, 'ip')
    .replace(SPACES, ' ');
  return { text, reply, enhanced, isAboutSender };
}
