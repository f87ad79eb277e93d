import type { RuleText } from './rule-texts-recipient.ts';

/** Texts of our own, in the manner of mail servers that speak of the sender, the message or the way. */
export const SENDER_TEXTS: readonly RuleText[] = [
  {
    rule: 'sender.account',
    channel: 'email',
    texts: [
      '550 Your account was suspended, talk to our desk',
      '554 sending from this account ends today',
      '550 The API key lacks the right to send',
      '421 outbound mail is shut for brand.example',
    ],
  },
  {
    rule: 'auth.login',
    channel: 'email',
    texts: [
      '535 5.7.8 wrong credentials',
      '534 choose a longer password first',
      '530 no login, no letters',
    ],
  },
  {
    rule: 'policy.not_from_you',
    channel: 'email',
    texts: [
      '550 ann@shop.example does not accept mail from strangers',
      '554 We cannot receive messages sent through that route',
      '550 5.7.1 this group will not accept any email from outside',
    ],
  },
  {
    rule: 'auth.mechanism',
    channel: 'email',
    texts: [
      '550 5.7.23 SPF of brand.example gave fail',
      '554 5.7.20 none of the DKIM signatures holds',
      '421 You have to authenticate before you go on',
      '550 un-authenticated letters have no way in',
      '550 5.7.1 the authentication results of this letter are poor',
    ],
  },
  {
    rule: 'auth.reverse_dns',
    channel: 'email',
    texts: [
      '550 there is no PTR entry for 192.0.2.14',
      '554 Mend the reverse DNS of your machine first',
      '421 4.7.0 could not resolve your IP 198.51.100.6',
      '450 client name lookup failed for 198.51.100.6',
    ],
  },
  {
    rule: 'sender.refused',
    channel: 'email',
    texts: [
      '553 Return-Path could not be verified',
      '550 the envelope-from you gave does not exist',
      '554 5.1.7 forged sender',
      '550 MAIL FROM news@brand.example is not accepted here',
    ],
  },
  {
    rule: 'sender.domain',
    channel: 'email',
    texts: [
      "550 The sender's domain has neither A nor AAAA",
      '501 HELO needs a name with a dot',
      '554 5.6.0 this is no letter after RFC 5322',
      '550 missing From line',
      '550 more than one originating domain',
    ],
  },
  {
    rule: 'rate.volume',
    channel: 'email',
    texts: [
      '421 Too many simultaneous sessions',
      '450 4.7.1 we throttle brand.example for an hour',
      '452 no more than 100 messages per minute, please',
      '550 5.4.5 the daily quota of brand.example is used up',
      '421 4.7.0 Slow down',
      '451 an unusual amount of letters came from 192.0.2.14',
    ],
  },
  {
    rule: 'reputation.token',
    channel: 'email',
    texts: [
      '550 AUP#77 ask your provider',
      '421 mx.shop.example (DYN:T1) see our page',
      '554 5.7.1 DT:SPM mx-3.shop.example 192.0.2.9',
      '550 HL:ITC 198.51.100.6',
    ],
  },
  {
    rule: 'reputation.list',
    channel: 'email',
    texts: [
      '554 5.7.1 192.0.2.9 found at SpamCop',
      '550 you are on our black-list, write to postmaster@shop.example',
      '554 refused after a look into https://lookup.uceprotect.shop.example/?ip=192.0.2.9',
      '421 4.7.1 192.0.2.9 was banned yesterday',
      '550 SC-001 (CSS) 198.51.100.6',
    ],
  },
  {
    rule: 'reputation.host',
    channel: 'email',
    texts: [
      '550 5.7.1 the poor reputation of brand.example stands in the way',
      '421 4.7.0 user complaints about 198.51.100.6',
      '554 Your server is not allowed to talk to us',
      '550 no letters out of a dynamic IP range',
      '550 5.7.1 refused, bad IP',
    ],
  },
  {
    rule: 'reputation.spam_source',
    channel: 'email',
    texts: [
      '554 5.7.1 Spam probability 97 %',
      '550 the text looks like junk to us',
      '550 identified as bulk',
      '554 Phishing link in the body of the message',
      '550 5.7.1 too high a score, take it as unsolicited',
    ],
  },
  {
    rule: 'size.words',
    channel: 'email',
    texts: [
      '552 5.3.4 attachments together are too big',
      '554 message exceeds the maximum of 20 MB',
      '500 5.5.2 one line is too long',
      '552 size limit is 10 MB here',
    ],
  },
  {
    rule: 'transient.way',
    channel: 'email',
    texts: [
      'connect to mx.shop.example[192.0.2.7]:25: no answer',
      'lost connection while the letter was on its way',
      'Network is unreachable (192.0.2.7)',
      'could not connect to any host of shop.example',
      'Conversation with mx.shop.example broke off',
    ],
  },
  {
    rule: 'transient.expired',
    channel: 'email',
    texts: [
      'message expired, five days were not enough',
      'The delivery time has expired, last state: waiting',
      'given back because it expired in the queue',
    ],
  },
  {
    rule: 'transient.lookup',
    channel: 'email',
    texts: [
      'unable to look up MX of shop.example',
      '450 4.1.1 bo@shop.example: unverified address: address lookup takes its time',
      '451 address verification in progress',
      'MX lookup failed for shop.example',
    ],
  },
  {
    rule: 'transient.greylist',
    channel: 'email',
    texts: [
      '451 4.7.1 Graylisting in action, 300 seconds to go',
      '450 Postgrey wants to see you twice',
      '451 192.0.2.14 is not yet authorized to deliver here',
      '450 put on the grey list for five minutes',
    ],
  },
  {
    rule: 'transient.connection',
    channel: 'email',
    texts: [
      '421 the connection was unexpectedly dropped',
      'mx.shop.example[192.0.2.7] is not responding',
      'The TCP session timed out while we waited for the banner',
      '554 there is no route to 198.51.100.6',
      'mx.shop.example[192.0.2.7] refused to talk to me',
    ],
  },
  {
    rule: 'transient.loop',
    channel: 'email',
    texts: [
      '554 5.4.6 routing loop between mx1 and mx2',
      '554 hop count is 30 already',
      'mail for shop.example loops back to myself',
      '550 5.4.14 a letter that keeps looping',
    ],
  },
  {
    rule: 'transient.unavailable',
    channel: 'email',
    texts: [
      '554 Our directory is temporarily unavailable',
      '550 mx.shop.example is currently not available',
      '450 4.2.0 this mailbox is temporarily not available',
    ],
  },
  {
    rule: 'transient.later',
    channel: 'email',
    texts: [
      '451 please retry in an hour',
      '450 4.3.2 come back later',
      '421 mx.shop.example is busy',
      '452 4.4.1 the letter was deferred',
    ],
  },
  {
    rule: 'relay.denied',
    channel: 'email',
    texts: [
      '550 5.7.1 relaying for strangers is prohibited',
      '554 we do not relay',
      '550 mx.shop.example is not a gateway',
      '553 You are not authorised to relay through us',
    ],
  },
  {
    rule: 'content.words',
    channel: 'email',
    texts: [
      '554 malware found in page.zip',
      '550 suspicious link in your letter',
      '550 5.6.0 bare LF seen',
      '554 the same message-id came twice',
      '550 invalid header in line 4',
      '554 a MIME part without an end',
    ],
  },
  {
    rule: 'auth.tls',
    channel: 'email',
    texts: [
      '530 5.7.0 first comes STARTTLS',
      '454 the certificate you showed has run out',
      '550 encryption needed on every hop',
      '554 an SSL handshake is a must',
    ],
  },
  {
    rule: 'policy.words',
    channel: 'email',
    texts: [
      '550 5.7.1 that goes against our policies',
      '554 letters of this kind are forbidden',
      '550 the news desk only accepts messages from its own staff',
      '571 stopped for security reasons',
      '550 administratively denied',
    ],
  },
  {
    rule: 'policy.refused',
    channel: 'email',
    texts: [
      '554 we have declined to take this letter',
      '550 the far host refuses',
      '554 5.0.0 delivery was not accepted',
      '550 Rejected - call our hotline',
    ],
  },
  {
    rule: 'transient.words',
    channel: 'email',
    texts: [
      'delivery failed 12 times, no more tries',
      'retry after retry, the queue time has expired',
      '554 internal error while the letter was stored',
      '550 shop.example is overloaded',
      'DNS failure at 192.0.2.53',
      '554 closing transmission channel for maintenance',
    ],
  },
];
