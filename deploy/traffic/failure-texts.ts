import type { Random } from './random.ts';

/**
 * Reasons as providers word them, written for this generator. `{email}`, `{domain}`, `{ip}` and
 * `{ref}` are filled in, as replies carry them. The families follow what receivers mean, not how
 * anybody classifies them.
 */
const TEXTS = {
  deadMailbox: [
    '550 5.1.1 <{email}>: no mailbox of that name lives here, ref {ref}',
    '550-5.1.1 We have no user with the address you wrote to.\n550 5.1.1 Please look for a typing mistake. {ref}',
    'host mx3.{domain}[{ip}] said: 550 5.1.1 Recipient {email} is unknown to us (in reply to RCPT TO command)',
    '554 5.1.1 delivery refused, account {email} does not exist',
    '550 5.1.10 recipient not found by this organisation; {ref}',
    '553 5.1.3 the mailbox part of the address is not valid syntax',
    '550 5.4.1 Recipient address turned away: access denied, there is no such recipient [{ref}]',
  ],
  deadDomain: [
    '550 5.1.2 the domain {domain} could not be found (NXDOMAIN)',
    '556 5.1.10 {domain} has a null MX and takes no mail',
    '550 5.4.4 unable to route: no such domain {domain}',
  ],
  disabledMailbox: [
    '550 5.2.1 the account behind {email} was closed by its owner',
    '554 5.7.13 this user account is disabled for good',
    '550 5.2.1 mailbox inactive for more than a year and discontinued {ref}',
  ],
  fullMailbox: [
    '452 4.2.2 The mailbox of {email} is full, come back later',
    '552 5.2.2 mailbox over its quota, {ref}',
    '554 5.2.2 recipient has no storage left and the account takes nothing new',
  ],
  temporary: [
    '451 4.7.1 greylisted, try again in five minutes',
    '421 4.3.2 system is busy, please retry shortly ({ref})',
    '450 4.2.1 this person receives mail too quickly at the moment',
    'connect to mx1.{domain}[{ip}]: connection timed out',
    '4.4.7 message expired after 72 hours without an answer from {domain}',
    '451 4.4.3 temporary lookup failure at the name server of {domain}',
  ],
  blockedReputation: [
    '550 5.7.1 mail from {ip} is refused: the network stands on a block list, see https://blocklist.example/why?p={ref}',
    '554 5.7.1 service unavailable; client host [{ip}] is listed by dnsbl.example',
    '421 4.7.0 messages from {ip} deferred for a poor sender reputation [{ref}]',
    '550 5.2.1 mailbox unavailable. Your IP {ip} is blacklisted here',
  ],
  blockedPolicy: [
    '550 5.7.26 the sender is unauthenticated: neither SPF nor DKIM passed',
    '550 5.7.509 access denied, the sending domain fails DMARC and its policy says reject',
    '554 5.6.0 content was judged to be spam, score 14.2',
    '550 5.7.1 the policy of this organisation does not permit the message',
    '421 4.7.28 unusual rate of mail from your domain, slow down',
    '552 5.3.4 message too big for this system',
  ],
  unclear: [
    '550 5.0.0 not taken',
    '554 transaction ended without a reason',
    'delivery was not possible',
  ],
  onSuppressionList: [
    'not sent: the recipient is on the suppression list after an earlier bounce',
    'the address was suppressed, it bounced previously',
    'recipient suppressed: the person reported spam before',
  ],
  notHandedOver: [
    "Variable 'customer.first_order' is missing",
    "Liquid error: 'event.cart' is undefined in line {line}",
    'from address is not verified for this workspace',
    'the provider answered 500, giving up after several tries',
  ],
  heldBack: [
    'message limit reached for this person',
    'newsletter was cancelled before it went out',
    'sending is switched off for this message',
  ],
  smsDead: [
    'Twilio Error 30005: handset is unknown to its network',
    'Twilio Error 30006: landline, or a carrier that cannot be reached',
  ],
  smsNotANumber: [
    'Twilio Error 21211: that is no valid number to send to',
    'Twilio Error 21614: the number cannot take text messages',
  ],
  smsStopped: ['Twilio Error 21610: the recipient has replied STOP'],
  smsTemporary: [
    'Twilio Error 30003: handset switched off or out of reach',
    'Twilio Error 30001: the queue is too long',
    'Twilio Error 30008: unknown error at the carrier',
  ],
  smsBlocked: [
    'Twilio Error 30007: filtered by the carrier',
    'Twilio Error 21408: no permission to send to this region',
    'Twilio Error 30034: the campaign is not registered',
  ],
  whatsappRefused: [
    '131026: message could not be delivered to this number',
    '131049: not delivered to keep the conversation healthy',
    '131047: more than a day has passed since the last reply',
  ],
  pushDead: ['NotRegistered', 'UNREGISTERED', 'BadDeviceToken', 'Unregistered'],
  pushTemporary: ['InternalServerError', 'UNAVAILABLE', 'TooManyRequests'],
  pushNone: ['NoDevicesSynced'],
  slackRefused: ['channel was archived', 'token was revoked', 'no such channel'],
  webhookRefused: ['HTTP 503 []', 'HTTP 404 no such page []', 'request timed out after 10 s'],
} as const satisfies Record<string, readonly string[]>;

export type FailureFamily = keyof typeof TEXTS;

const REFERENCE = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** One reason of a family, as it would come for this address. */
export function failureText(random: Random, family: FailureFamily, email = ''): string {
  const texts: readonly string[] = TEXTS[family];
  const fills: Readonly<Record<string, string>> = {
    email,
    domain: email.slice(email.indexOf('@') + 1),
    // 198.51.100.0/24 is reserved for documents.
    ip: `198.51.100.${random.integer(1, 254)}`,
    ref: random.text(14, REFERENCE),
    line: String(random.integer(2, 60)),
  };
  return random.pick(texts).replace(/\{(\w+)\}/g, (_, name: string) => fills[name] ?? '');
}

/** Every text as written, for tests. */
export const failureTexts: Readonly<Record<FailureFamily, readonly string[]>> = TEXTS;
