import { LANGUAGE_TEXTS } from './rule-texts-language.ts';
import { RECIPIENT_TEXTS } from './rule-texts-recipient.ts';
import type { RuleText } from './rule-texts-recipient.ts';
import { SENDER_TEXTS } from './rule-texts-sender.ts';

/** Texts that say nothing but their code. */
const CODE_TEXTS: readonly RuleText[] = [
  {
    rule: 'code.enhanced',
    channel: 'email',
    texts: ['550 5.7.26 ticket 4711', '554 5.1.2 sorry', '451 4.1.1 hm', '552 5.3.4 that is it'],
  },
  {
    rule: 'code.transient',
    channel: 'email',
    texts: ['451 not today', '450 one moment', '421 mx.shop.example says goodbye'],
  },
  {
    rule: 'code.storage',
    channel: 'email',
    texts: ['552 no', '552 ask your admin', '552 5.0.0 it did not fit'],
  },
  {
    rule: 'code.permanent',
    channel: 'email',
    texts: ['550 no', '554 5.0.0 it went wrong', '553 5.5.4 sorry, ask your admin'],
  },
  {
    rule: 'none',
    channel: 'email',
    texts: ['it went wrong', 'bounce', 'see the log of mx.shop.example'],
  },
];

const TEXT_MESSAGE_TEXTS: readonly RuleText[] = [
  {
    rule: 'text.opted_out',
    channel: 'sms',
    texts: [
      'The owner of this phone opted out last week',
      'She replied STOP to an earlier campaign',
      'opt-out on file for this sender',
      'A STOP keyword came from that number',
    ],
  },
  {
    rule: 'text.suppressed',
    channel: 'sms',
    texts: [
      'The number is suppressed for this account',
      'Kept on the suppression list of the gateway',
      'We suppress texts to that phone',
    ],
  },
  {
    rule: 'text.unreachable',
    channel: 'sms',
    texts: [
      'Absent subscriber',
      'The handset is switched off',
      'phone is out of range',
      'unreachable destination device',
      'No answer while roaming abroad',
    ],
  },
  {
    rule: 'text.no_number',
    channel: 'sms',
    texts: [
      'invalid mobile number',
      'The number you dialled is no longer in service',
      'A landline cannot take texts',
      'MSISDN does not exist',
      'this is not a WhatsApp user',
    ],
  },
  {
    rule: 'text.filtered',
    channel: 'sms',
    texts: [
      'Carrier violation',
      'filtered on its way by the operator',
      'The text reads like spam',
      'link stands on a blacklist',
    ],
  },
  {
    rule: 'text.rate',
    channel: 'sms',
    texts: [
      'rate limit of the route hit',
      'Too many texts to one phone',
      'The carrier throttles this sender',
      'daily limit used up',
    ],
  },
  {
    rule: 'text.policy',
    channel: 'sms',
    texts: [
      'Sender is not registered in this country',
      'The template was paused',
      'more than 24 hours since the last answer, the window is shut',
      'This region is closed for your account',
      'Permission to send to France is missing',
    ],
  },
  {
    rule: 'text.transient',
    channel: 'sms',
    texts: [
      'queue overflow at the gateway',
      'The operator timed out',
      'validity period expired',
      'network is busy',
      'An internal fault, try again',
    ],
  },
];

const PUSH_TEXTS: readonly RuleText[] = [
  {
    rule: 'push.dead_token',
    channel: 'push',
    texts: [
      'Device was unregistered on 3 March',
      'Requested entity was not found.',
      'HTTP 410 from the push service',
      'InvalidRegistration',
      'the device token is no longer valid',
    ],
  },
  {
    rule: 'push.credentials',
    channel: 'push',
    texts: [
      'MismatchSenderId',
      'TopicDisallowed',
      'The certificate of this app has run out',
      'InvalidProviderToken',
      'Forbidden: the key belongs to another team',
    ],
  },
  {
    rule: 'push.size',
    channel: 'push',
    texts: ['MessageTooBig', 'payload size is 5000 bytes', 'The notification is too long'],
  },
  {
    rule: 'push.transient',
    channel: 'push',
    texts: [
      'InternalServerError',
      'HTTP 503, the service rests',
      'QUOTA_EXCEEDED',
      'Too many requests for one device',
      'IdleConnection, closed',
    ],
  },
  {
    rule: 'push.no_device',
    channel: 'push',
    texts: [
      'no devices synced for ann',
      'There is no device to send to',
      'Nothing sent, the profile has no devices yet',
    ],
  },
];

/** At least three texts of our own for every rule, in the manner of those who answer. */
export const RULE_TEXTS: readonly RuleText[] = [
  ...RECIPIENT_TEXTS,
  ...SENDER_TEXTS,
  ...LANGUAGE_TEXTS,
  ...CODE_TEXTS,
  ...TEXT_MESSAGE_TEXTS,
  ...PUSH_TEXTS,
];
