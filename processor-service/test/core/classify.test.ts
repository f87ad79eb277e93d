import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classify } from '../../src/core/failure/classify.ts';

/** Texts of our own, in the manner of mail servers. */
const MAIL: readonly (readonly [verdict: string, text: string])[] = [
  ['suppressed/esp_list', 'Not delivering to previously bounced address'],
  ['suppressed/esp_list', 'The recipient is on the account suppression list'],
  ['suppressed/esp_list', 'recipient suppressed'],
  ['suppressed/esp_list', 'Unsubscribed address'],
  ['suppressed/esp_list', 'Spam reporting address'],
  ['soft/quota', '552 5.2.2 <ann@shop.example> mailbox full'],
  ['soft/quota', '452 4.2.2 The user is over quota at the moment'],
  ['soft/quota', '550 5.1.1 mailbox of ann exceeds its storage quota'],
  [
    'soft/quota',
    'host mx.shop.example[192.0.2.7] said: 554 Quota exceeded (in reply to end of DATA command)',
  ],
  ['soft/quota', "552 the recipient's inbox is out of storage space"],
  ['soft/quota', '550 Das Postfach ist voll'],
  ['soft/transient', '450 4.2.1 The user is receiving mail at a rate that is too high right now'],
  ['soft/transient', '450 User is receiving mail too quickly'],
  ['soft/transient', '451 4.7.1 Greylisted, please come back in ten minutes'],
  ['soft/transient', 'connect to mx.shop.example[192.0.2.7]:25: Connection timed out'],
  ['soft/transient', 'connect to mx.shop.example[192.0.2.7]:25: Connection refused'],
  ['soft/transient', '554 5.4.6 too many hops, this looks like a mail loop'],
  ['soft/transient', '421 4.3.2 Service shutting down, try later'],
  ['soft/transient', 'Message expired after 3 days in the queue'],
  ['soft/transient', '451 4.3.0 queue file write error'],
  ['soft/transient', '450 mailbox unavailable'],
  ['soft/disabled_temp', '550 account of this user is temporarily suspended'],
  ['soft/disabled_temp', '550 5.2.1 mailbox is locked'],
  ['soft/disabled_temp', '450 4.2.1 mailbox temporarily disabled'],
  ['soft/size', '552 5.3.4 message size exceeds our limit of 20 MB'],
  ['soft/size', '552 your message is too large'],
  ['soft/size', '550 5.2.3 mail too big for this mailbox'],
  ['block/auth', '550 5.7.26 this mail has no SPF and no DKIM signature'],
  ['block/auth', '550 5.7.509 Access denied, the domain does not pass DMARC'],
  ['block/auth', '550 5.7.25 the sending address has no PTR record'],
  ['block/auth', '530 5.7.0 Must issue a STARTTLS command first'],
  ['block/auth', '550 5.7.1 unauthenticated mail is not taken here'],
  ['block/sender', '550 5.1.8 <news@brand.example>: Sender address rejected: Domain not found'],
  ['block/sender', '553 5.1.7 invalid sender'],
  ['block/sender', '550 From: header is missing a domain'],
  ['block/rate', '421 4.7.0 too many connections from your address'],
  ['block/rate', '450 4.7.28 unusual rate of mail from your host, throttled'],
  ['block/rate', '452 4.5.3 too many recipients'],
  ['block/rate', '550 5.2.2 Submission quota exceeded for this sender'],
  ['block/reputation', '554 5.7.1 client host [192.0.2.9] blocked using zen.spamhaus.org'],
  ['block/reputation', '550 5.7.1 part of their network is on our block list (S3150)'],
  ['block/reputation', '550 5.2.1 Mailbox unavailable. Your IP 192.0.2.9 is blacklisted'],
  ['block/reputation', '550 5.7.1 rejected because of the very low reputation of the domain'],
  [
    'block/reputation',
    '554 recipient address rejected: https://www.spamhaus.org/query/ip/192.0.2.9',
  ],
  ['block/content', '554 5.7.1 your message was classified as spam by our filter'],
  ['block/content', '550 5.6.0 message contains a virus'],
  ['block/content', '550 high probability of spam'],
  ['block/relay', '554 5.7.1 <ann@shop.example>: Relay access denied'],
  ['block/relay', '550 relaying to that domain is not permitted'],
  ['block/relay', '553 sorry, that domain is not in my list of allowed rcpthosts'],
  ['block/policy', '550 5.7.1 refused by local policy'],
  ['block/policy', '550 administratively prohibited'],
  ['block/policy', '554 transaction rejected by the administrator of this system'],
  [
    'hard/no_mailbox',
    '550 5.1.1 <ann@shop.example>: Recipient address rejected: User unknown in virtual mailbox table',
  ],
  ['hard/no_mailbox', '550 no such user here'],
  [
    'hard/no_mailbox',
    '550 5.1.1 the account that you tried to reach does not exist https://support.google.com/mail/?p=NoSuchUser x1',
  ],
  ['hard/no_mailbox', '554 this user does not have a shop.example account'],
  ['hard/no_mailbox', '550 5.4.1 Recipient address rejected: Access denied'],
  ['hard/no_mailbox', '550 5.5.0 Requested action not taken: mailbox unavailable'],
  ['hard/no_mailbox', '550 Invalid recipient ann@shop.example'],
  ['hard/no_mailbox', '550 5.1.1 <ann@shop.example> recipient rejected'],
  ['hard/no_mailbox', '550 5.1.1'],
  ['hard/no_mailbox', '550 Empfänger unbekannt'],
  ['hard/no_mailbox', '5.1.10 RESOLVER.ADR.RecipientNotFound; not found by address lookup'],
  ['hard/no_domain', '550 5.1.2 the domain shop.example does not exist'],
  [
    'hard/no_domain',
    'Host or domain name not found. Name service error for name=shop.example type=MX: Host not found',
  ],
  ['hard/no_domain', '556 5.1.10 shop.example does not accept mail (null MX)'],
  ['hard/no_domain', 'Unrouteable address'],
  ['hard/disabled', '550 5.2.1 the account that you tried to reach is disabled'],
  ['hard/disabled', '554 this mailbox is inactive'],
  ['hard/disabled', '550 account closed'],
  ['hard/disabled', '525 5.7.13'],
  ['unknown/unknown_5xx', '554 5.0.0'],
  ['unknown/unknown_5xx', '550'],
  ['unknown/unknown', ''],
  ['unknown/unknown', 'something went wrong'],
];

const said = (channel: string, metric: string, text: string): string => {
  const read = classify(channel, metric, text);
  return `${read.class}/${read.kind}`;
};

describe('failure texts of mail', () => {
  test.each(MAIL)('%s: %s', (verdict, text) => {
    expect(said('email', 'bounced', text)).toBe(verdict);
  });

  test('a passing code never makes a dead address', () => {
    for (const [verdict, text] of MAIL.filter(([one]) => one.startsWith('hard/'))) {
      const passing = `451 4.1.1 ${text.replaceAll(/\b5(\d\d|\.\d+\.\d+)\b/g, ' ')}`;
      expect([verdict, classify('email', 'bounced', passing).class === 'hard']).toEqual([
        verdict,
        false,
      ]);
    }
  });

  test('what is answered to MAIL FROM is said of the sender', () => {
    const text = '550 5.1.8 domain not found (in reply to MAIL FROM command)';
    expect(classify('email', 'bounced', text).class).toBe('block');
    expect(said('email', 'bounced', '550 no such user (in reply to MAIL FROM command)')).toBe(
      'block/sender',
    );
  });

  test.each(['failed', 'attempted', 'undeliverable'])(
    '%s is no matter of the address',
    (metric) => {
      expect(said('email', metric, '550 5.1.1 no such user')).toBe('unknown/not_sent');
    },
  );

  test('deferred is soft at most, dropped is the list', () => {
    expect(said('email', 'deferred', '550 5.1.1 no such user')).toBe('soft/transient');
    expect(said('email', 'dropped', '550 5.1.1 no such user')).toBe('suppressed/esp_list');
  });

  test.each([
    ['550-5.1.1 no such user 550 5.1.1 really', '5.1.1', null],
    ['554 refused [2026-01-01 421 4.4.4]', '554', null],
    ['192.5.2.1 said 550 unknown user', '550', null],
    ['550 5.2.1 disabled 00 - gsmtp', '5.2.1', 'google'],
    ['550 5.7.1 Access denied [AM0EUR.protection.outlook.com]', '5.7.1', 'microsoft'],
  ])('%s: code %s, provider %s', (text, code, provider) => {
    expect(classify('email', 'bounced', text)).toMatchObject({ code, provider });
  });
});

describe('text messages and push', () => {
  test.each([
    ['sms', 'bounced', 'Twilio Error 30003: unreachable', 'soft/unreachable'],
    ['sms', 'bounced', 'Twilio Error 30005: unknown destination', 'hard/no_mailbox'],
    ['sms', 'bounced', 'Twilio Error 30006: landline', 'hard/no_mailbox'],
    ['sms', 'bounced', 'Twilio Error 30007: filtered', 'block/content'],
    ['sms', 'bounced', 'Twilio Error 21408: no permission', 'block/policy'],
    ['sms', 'failed', 'Twilio Error 21211: not a number', 'hard/no_mailbox'],
    ['sms', 'attempted', 'Twilio Error 21614: not mobile', 'hard/no_mailbox'],
    ['sms', 'failed', 'Twilio Error 21610: opted out', 'consent/opted_out'],
    ['sms', 'failed', 'Twilio Error 30005: unknown destination', 'unknown/not_sent'],
    ['sms', 'bounced', 'subscriber is switched off', 'soft/unreachable'],
    ['whatsapp', 'dropped', 'recipient suppressed', 'suppressed/esp_list'],
    ['whatsapp', 'bounced', 'Twilio Error 63016: outside the window', 'block/policy'],
    ['push', 'bounced', 'NotRegistered', 'hard/dead_token'],
    ['push', 'bounced', 'UNREGISTERED', 'hard/dead_token'],
    ['push', 'bounced', 'BadDeviceToken', 'hard/dead_token'],
    ['push', 'bounced', 'SENDER_ID_MISMATCH', 'block/auth'],
    ['push', 'bounced', 'INTERNAL', 'soft/transient'],
    ['push', 'bounced', 'PayloadTooLarge', 'soft/size'],
    ['push', 'attempted', 'NoDevicesSynced', 'unknown/no_device'],
    ['slack', 'failed', 'channel not found', 'unknown/not_sent'],
    ['webhook', 'attempted', 'HTTP 503 []', 'unknown/not_sent'],
  ])('%s %s %s: %s', (channel, metric, text, verdict) => {
    expect(said(channel, metric, text)).toBe(verdict);
  });
});

describe('any text', () => {
  const words = fc.constantFrom(
    'user',
    'mailbox',
    'unknown',
    'not',
    'found',
    'exceeds',
    'quota',
    '550',
    '5.1.1',
    'a@b',
    '@',
    '<',
    '[',
    'message',
    'too',
    'spam',
    'ip',
    '192.0.2.1',
    'sender',
    'rejected',
    'the',
    'account',
    'is',
    'disabled',
    ';',
  );

  test('has a verdict, the same for the same text', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.array(words, { maxLength: 200 }).map((w) => w.join(' ')),
    );
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom('email', 'sms', 'push', 'whatsapp', ''),
        (text, channel) => {
          const read = classify(channel, 'bounced', text);
          expect(read.confidence).toBeGreaterThan(0);
          expect(read.rule).not.toBe('');
          expect(classify(channel, 'bounced', text)).toEqual(read);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('time grows with the length of the text and ends at the cap', () => {
    const patterns = [
      '@',
      ' ',
      'user ',
      'exceed a b c ',
      '550-',
      '1.2.3.',
      'unknown ',
      'the user is not ',
      '<a@',
      'https://',
      '[',
      'too many ',
    ];
    for (const pattern of patterns) {
      const text = pattern.repeat(1_000_000 / pattern.length);
      const before = process.cpuUsage();
      classify('email', 'bounced', text);
      const { user, system } = process.cpuUsage(before);
      expect([pattern, (user + system) / 1000 < 250]).toEqual([pattern, true]);
    }
  });
});
