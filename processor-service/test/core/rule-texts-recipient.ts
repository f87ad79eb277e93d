/** A rule of the failure classifier with texts it is meant for. */
export type RuleText = {
  readonly rule: string;
  readonly channel: 'email' | 'sms' | 'push';
  readonly texts: readonly string[];
};

/** Texts of our own, in the manner of mail servers that speak of the recipient. */
export const RECIPIENT_TEXTS: readonly RuleText[] = [
  {
    rule: 'list.suppression',
    channel: 'email',
    texts: [
      'Nothing was sent, ann@shop.example stands on our suppression list since March',
      'Contact was suppressed by the owner of the account',
      'Found in the regional suppression database',
      'Message held back: suppressed due to an earlier complaint',
    ],
  },
  {
    rule: 'list.bounced_before',
    channel: 'email',
    texts: [
      'Dropped: bounced address',
      'Skipped, ann@shop.example has hard bounced in the past',
      'Not delivering to a bounced contact',
      'We keep off this previously-bounced inbox',
    ],
  },
  {
    rule: 'list.reported_spam',
    channel: 'email',
    texts: [
      'Spam-reported address, the letter was not handed over',
      'Not delivering to a reader who marked our news as spam',
      'Skipped: this address has reported an earlier letter as spam',
    ],
  },
  {
    rule: 'list.unsubscribed',
    channel: 'email',
    texts: [
      'Unsubscribed recipient, no letter was built',
      'Address was unsubscribed on 2 March',
      'Nothing goes out because the recipient has unsubscribed from all news',
    ],
  },
  {
    rule: 'quota.full',
    channel: 'email',
    texts: [
      '552 5.2.2 The inbox of ann@shop.example is full, she has to clean it up',
      '452 4.2.2 mail drop for this customer is nearly as full as it can be',
      "554 the recipient's folder on store 7 is completely full",
      '550 spool disk for bo@shop.example full',
    ],
  },
  {
    rule: 'quota.full_box',
    channel: 'email',
    texts: [
      '452 4.2.2 sorry, full mailbox',
      '550 Not stored because of a full inbox',
      'mx.shop.example kept this letter out: 552 full mail-box',
    ],
  },
  {
    rule: 'quota.over',
    channel: 'email',
    texts: [
      '452 4.2.2 ann@shop.example is over its quota right now',
      '554 This letter would exceed the allowed disk quota',
      '552 not enough quota left to keep this letter',
      '550 Quota has been reached, ask bo@shop.example to delete something',
      '552 5.7.0 ovrquota at store-3.shop.example',
    ],
  },
  {
    rule: 'quota.space',
    channel: 'email',
    texts: [
      '452 4.2.2 The store of bo@shop.example ran out of disk blocks',
      '552 insufficient mailbox space for a letter of 80 kB',
      '550 There are too many messages in the inbox already',
      '554 Account ann@shop.example has reached the maximum of 2 GB',
      '552 5.2.2 Storage limit hit',
    ],
  },
  {
    rule: 'rate.recipient',
    channel: 'email',
    texts: [
      '450 4.2.1 This account is receiving messages too often, wait a while',
      '452 receiving limit hit, come again in the evening',
      '450 Mailbox has reached its inbound rate',
      '550 5.2.1 ann@shop.example has had all the messages she may receive today',
    ],
  },
  {
    rule: 'no_mailbox.token',
    channel: 'email',
    texts: [
      '550 5.1.1 no such person at shop.example',
      '554 There is no account by that name',
      "550 Sorry, we don't have an ann@shop.example account",
      '550 5.1.10 RESOLVER.ADR.RecipNotFound',
      '553 no valid rcpt given',
      '550 you are writing to somebody who is not our customer',
    ],
  },
  {
    rule: 'no_mailbox.words',
    channel: 'email',
    texts: [
      '550 5.1.1 Unrecognized mail recipient bo@shop.example',
      '553 bad destination mailbox',
      '554 We could not locate the addressee or verify this account',
      '550 5.1.6 obsolete alias',
      '511 mx.shop.example: unregistered e-mail address',
    ],
  },
  {
    rule: 'no_mailbox.said_of_it',
    channel: 'email',
    texts: [
      '550 5.1.1 The mailbox bo@shop.example was never set up on this host, it is unknown',
      '550 the person you write to is no longer with our company',
      '553 ann@shop.example is not in our directory',
      "550 user's name isn't known to mx.shop.example",
      '554 The alias you used did not exist when we looked',
    ],
  },
  {
    rule: 'no_mailbox.unavailable',
    channel: 'email',
    texts: [
      '550 5.2.0 The mailbox is not available',
      '554 recipient unavailable at mx.shop.example',
      '550 a letter for this customer turned out to be undeliverable',
    ],
  },
  {
    rule: 'no_mailbox.rejected_by_code',
    channel: 'email',
    texts: [
      '550 5.1.1 bo@shop.example rejected by the store',
      '553 5.1.3 The address you gave was not accepted',
      '550 5.1.0 recipient denied',
      '554 5.1.6 letters for this account are refused since it moved',
    ],
  },
  {
    rule: 'no_mailbox.directory',
    channel: 'email',
    texts: [
      '550 5.4.1 Recipient address rejected: Access denied [edge-4.mx.shop.example]',
      'mx.shop.example[192.0.2.7] said: 550-5.4.1 Recipient address rejected: Access denied',
      '5.4.1 <bo@shop.example>: Recipient address rejected: Access denied (in reply to RCPT TO)',
    ],
  },
  {
    rule: 'no_domain.words',
    channel: 'email',
    texts: [
      'DNS answered NXDOMAIN for shop.example',
      '550 5.1.2 invalid destination domain',
      '554 there is no mail exchanger behind shop.example',
      "550 shop.example doesn't accept any email",
      '550 unroutable mail domain "shop.example"',
      'Name or service not known (shop.example)',
    ],
  },
  {
    rule: 'no_domain.said_of_it',
    channel: 'email',
    texts: [
      '550 5.1.2 domain shop.example could not be found',
      '554 This domain has no mail server',
      '550 5.1.2 we looked for your domain, it does not exist',
      "556 that domain doesn't receive letters",
    ],
  },
  {
    rule: 'disabled.words',
    channel: 'email',
    texts: [
      '550 5.2.1 Inactive account',
      '554 deactivated mail user bo@shop.example',
      '550 you have reached a cancelled e-mail address',
      '550 5.2.1 see https://help.shop.example/bounce?p=DisabledUser',
    ],
  },
  {
    rule: 'disabled.said_of_it',
    channel: 'email',
    texts: [
      '550 5.2.1 the account bo@shop.example was terminated in May',
      '550 This address is no longer in use',
      '554 mailbox has been removed by its owner',
      '550 your old customer has moved to another host',
      "550 the member's contract expired",
    ],
  },
  {
    rule: 'disabled_temp.words',
    channel: 'email',
    texts: [
      '450 4.2.1 the mailbox stays frozen until the bill is paid',
      '550 account on hold',
      '554 user bo@shop.example is suspended',
      '550 5.2.1 ann@shop.example was temporarily deactivated',
    ],
  },
  {
    rule: 'disabled_temp.account_blocked',
    channel: 'email',
    texts: [
      '550 This user has been blocked',
      '554 e-mail account was blocked over unpaid bills',
      '550 5.2.1 suspended user',
      '450 letters wait in front of a locked mailbox',
    ],
  },
];
