import { failureText } from './failure-texts.ts';
import type { FailureFamily } from './failure-texts.ts';
import { clickedLink } from './payload.ts';
import type { Json, JsonObject, Message } from './payload.ts';
import type { Random } from './random.ts';
import type { Pace, Step, Storyline } from './storyline.ts';

export type MobileChannel = 'sms' | 'push' | 'whatsapp' | 'in_app';

type Life = (random: Random, message: Message) => Storyline;

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function stepOn(channel: MobileChannel) {
  return (message: Message, metric: string, pace: Pace, extra: JsonObject = {}): Step => ({
    pace,
    objectType: channel,
    metric,
    data: { ...message.base, ...extra },
  });
}

const sms = stepOn('sms');
const whatsapp = stepOn('whatsapp');
const push = stepOn('push');
const inApp = stepOn('in_app');

const toPhone = (message: Message): JsonObject => ({ recipient: message.person.phone });

const reply = (random: Random, message: Message): JsonObject => ({
  ...toPhone(message),
  inbound_event_id: `01K${random.text(23, CROCKFORD)}`,
  to: '+442079460112',
});

const smsArrived = (message: Message): Storyline => [
  sms(message, 'sent', 'soon', toPhone(message)),
  sms(message, 'delivered', 'soon', toPhone(message)),
];

const smsBounced =
  (family: FailureFamily): Life =>
  (random, message) => [
    sms(message, 'sent', 'soon', toPhone(message)),
    sms(message, 'bounced', 'soon', {
      ...toPhone(message),
      failure_message: failureText(random, family),
    }),
  ];

/** Refused at once by the provider: no recipient in the payload. */
const smsRefused =
  (metric: 'failed' | 'attempted', family: FailureFamily): Life =>
  (random, message) => [
    sms(message, metric, 'soon', { failure_message: failureText(random, family) }),
  ];

const SMS: readonly (readonly [number, Life])[] = [
  [50, (_, message) => smsArrived(message)],
  [
    22,
    (random, message) => [
      ...smsArrived(message),
      sms(message, 'clicked', 'while', { ...toPhone(message), ...clickedLink(random) }),
    ],
  ],
  [
    4,
    (random, message) => [
      ...smsArrived(message),
      sms(message, 'clicked', 'while', { ...toPhone(message), ...clickedLink(random) }),
      sms(message, 'converted', 'while', toPhone(message)),
    ],
  ],
  [
    5,
    (random, message) => [
      ...smsArrived(message),
      sms(message, 'replied', 'while', reply(random, message)),
    ],
  ],
  [4, smsBounced('smsDead')],
  [5, smsBounced('smsTemporary')],
  [4, smsBounced('smsBlocked')],
  [2, smsRefused('failed', 'smsNotANumber')],
  [2, smsRefused('attempted', 'smsStopped')],
  [
    1,
    (random, message) => [
      sms(message, 'dropped', 'soon', {
        ...toPhone(message),
        failure_message: failureText(random, 'onSuppressionList'),
      }),
    ],
  ],
];

const whatsappArrived = (message: Message): Storyline => [
  whatsapp(message, 'sent', 'soon', toPhone(message)),
  whatsapp(message, 'delivered', 'soon', toPhone(message)),
];

const whatsappFailed =
  (metric: 'bounced' | 'dropped', family: FailureFamily): Life =>
  (random, message) => [
    ...(metric === 'bounced' ? [whatsapp(message, 'sent', 'soon', toPhone(message))] : []),
    whatsapp(message, metric, 'soon', {
      ...toPhone(message),
      failure_message: failureText(random, family),
    }),
  ];

const WHATSAPP: readonly (readonly [number, Life])[] = [
  [25, (_, message) => whatsappArrived(message)],
  [
    45,
    (_, message) => [
      ...whatsappArrived(message),
      whatsapp(message, 'opened', 'while', toPhone(message)),
    ],
  ],
  [
    14,
    (random, message) => [
      ...whatsappArrived(message),
      whatsapp(message, 'opened', 'while', toPhone(message)),
      whatsapp(message, 'clicked', 'soon', { ...toPhone(message), ...clickedLink(random) }),
    ],
  ],
  [
    6,
    (random, message) => [
      ...whatsappArrived(message),
      whatsapp(message, 'replied', 'while', reply(random, message)),
    ],
  ],
  [6, whatsappFailed('bounced', 'whatsappRefused')],
  [3, whatsappFailed('dropped', 'onSuppressionList')],
];

/** Devices as push payloads list them; `failures` names what became of each, null for nothing. */
function toDevices(message: Message, failures: readonly (string | null)[] = []): JsonObject {
  const recipients: Json = message.person.devices.map((device, at) => {
    const failure = failures[at] ?? null;
    return {
      device_id: device.id,
      ...(device.platform === null ? {} : { device_platform: device.platform }),
      ...(failure === null ? {} : { failure_message: failure }),
    };
  });
  return { recipients };
}

const everyDevice = (random: Random, message: Message, family: FailureFamily): JsonObject =>
  toDevices(
    message,
    message.person.devices.map(() => failureText(random, family)),
  );

const pushArrived = (message: Message): Storyline => [
  push(message, 'sent', 'soon', toDevices(message)),
  push(message, 'delivered', 'soon', toDevices(message)),
];

const pushBounced =
  (family: FailureFamily): Life =>
  (random, message) => [
    push(message, 'sent', 'soon', toDevices(message)),
    push(message, 'bounced', 'soon', everyDevice(random, message, family)),
  ];

const PUSH: readonly (readonly [number, Life])[] = [
  [50, (_, message) => pushArrived(message)],
  [
    25,
    (_, message) => [...pushArrived(message), push(message, 'opened', 'while', toDevices(message))],
  ],
  [
    6,
    (random, message) => [
      ...pushArrived(message),
      push(message, 'clicked', 'while', { ...toDevices(message), ...clickedLink(random) }),
    ],
  ],
  [8, pushBounced('pushDead')],
  [3, pushBounced('pushTemporary')],
  [
    // One device of several is gone, the others have it.
    3,
    (random, message) => [
      push(message, 'sent', 'soon', toDevices(message, [failureText(random, 'pushDead')])),
      push(message, 'delivered', 'soon', toDevices(message)),
    ],
  ],
  [
    3,
    (random, message) => [
      push(message, 'dropped', 'soon', everyDevice(random, message, 'pushDead')),
    ],
  ],
  [
    2,
    (random, message) => [
      push(message, 'attempted', 'soon', { failure_message: failureText(random, 'pushNone') }),
    ],
  ],
];

const inAppTo = (message: Message): JsonObject => ({
  recipient: message.person.identifiers?.id ?? message.person.email,
});

const IN_APP: readonly (readonly [number, Life])[] = [
  [25, (_, message) => [inApp(message, 'sent', 'soon', inAppTo(message))]],
  [
    45,
    (_, message) => [
      inApp(message, 'sent', 'soon', inAppTo(message)),
      inApp(message, 'opened', 'while'),
    ],
  ],
  [
    27,
    (random, message) => [
      inApp(message, 'sent', 'soon', inAppTo(message)),
      inApp(message, 'opened', 'while'),
      inApp(message, 'clicked', 'soon', {
        ...inAppTo(message),
        href: 'app://sale?from=in-app&day=1',
        link_id: 1,
        tracked_response: random.pick(['cta-buy', 'dismiss', 'survey-4']),
      }),
    ],
  ],
  [
    3,
    (random, message) => [
      inApp(message, 'undeliverable', 'soon', { failure_message: failureText(random, 'heldBack') }),
    ],
  ],
];

const LIVES: Readonly<Record<MobileChannel, readonly (readonly [number, Life])[]>> = {
  sms: SMS,
  push: PUSH,
  whatsapp: WHATSAPP,
  in_app: IN_APP,
};

/** One life of a message to a phone. */
export function mobileLife(random: Random, message: Message, channel: MobileChannel): Storyline {
  const lives = LIVES[channel];
  const weights = Object.fromEntries(lives.map(([weight], at) => [String(at), weight]));
  const life = lives[Number(random.weighted(weights))]?.[1];
  if (life === undefined) throw new RangeError(`no life for ${channel}`);
  return life(random, message);
}
