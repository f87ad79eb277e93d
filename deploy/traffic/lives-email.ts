import { failureText } from './failure-texts.ts';
import type { FailureFamily } from './failure-texts.ts';
import { clickedLink } from './payload.ts';
import type { JsonObject, Message } from './payload.ts';
import type { Disposition } from './people.ts';
import type { Random } from './random.ts';
import { subscriptionEvent } from './lives-other.ts';
import type { Pace, Step, Storyline } from './storyline.ts';

type Life =
  | 'unopened'
  | 'machineOnly'
  | 'opened'
  | 'clicked'
  | 'bought'
  | 'scanned'
  | 'deferred'
  | 'hardBounce'
  | 'softBounce'
  | 'block'
  | 'dropped'
  | 'complaint'
  | 'optOut'
  | 'attempted'
  | 'failed'
  | 'undeliverable'
  | 'drafted';

/** How often each life is lived, by how the person is disposed. */
const SHARES: Readonly<Record<Disposition, Readonly<Partial<Record<Life, number>>>>> = {
  reader: {
    unopened: 22,
    machineOnly: 12,
    opened: 30,
    clicked: 14,
    bought: 5,
    scanned: 3,
    deferred: 3,
    softBounce: 1,
    block: 1,
    hardBounce: 0.4,
    complaint: 0.3,
    optOut: 0.8,
    attempted: 0.8,
    failed: 0.5,
    undeliverable: 1,
    drafted: 1,
  },
  silent: { unopened: 70, machineOnly: 20, deferred: 4, block: 2, softBounce: 2, complaint: 1 },
  dead: { hardBounce: 55, dropped: 45 },
  full: { softBounce: 55, deferred: 25, unopened: 20 },
  walled: { block: 65, unopened: 35 },
  leaver: { optOut: 45, complaint: 20, opened: 20, unopened: 15 },
};

const FAILURES = {
  hardBounce: { deadMailbox: 70, disabledMailbox: 18, deadDomain: 12 },
  softBounce: { fullMailbox: 50, temporary: 45, unclear: 5 },
  block: { blockedReputation: 55, blockedPolicy: 45 },
} as const;

function step(message: Message, metric: string, pace: Pace, extra: JsonObject = {}): Step {
  const addressed = { recipient: message.person.email, subject: message.subject };
  return { pace, objectType: 'email', metric, data: { ...message.base, ...addressed, ...extra } };
}

/** Before it is handed over there is no recipient in the payload, sometimes no subject either. */
function unaddressed(message: Message, metric: string, pace: Pace, extra: JsonObject): Step {
  return { pace, objectType: 'email', metric, data: { ...message.base, ...extra } };
}

function failed(
  random: Random,
  message: Message,
  metric: string,
  pace: Pace,
  family: FailureFamily,
): Step {
  const failure_message = failureText(random, family, message.person.email);
  return step(message, metric, pace, { failure_message });
}

const handedOver = (message: Message): Storyline => [step(message, 'sent', 'soon')];
const arrived = (message: Message): Storyline => [
  step(message, 'sent', 'soon'),
  step(message, 'delivered', 'soon'),
];

/** Opens by a machine carry flags; a person's open mostly carries none, or says so. */
function machineOpen(random: Random, message: Message): Step {
  const flags = random.pick([
    { proxied: true, prefetched: true },
    { prefetched: true },
    { synthetic: true, proxied: false },
  ]);
  return step(message, 'opened', 'soon', flags);
}

function humanOpen(random: Random, message: Message, pace: Pace = 'later'): Step {
  const flags = random.chance(0.5) ? { proxied: random.chance(0.3), prefetched: false } : {};
  return step(message, 'opened', pace, flags);
}

function humanClick(random: Random, message: Message): Step {
  const flags = random.chance(0.5) ? { machine: false } : {};
  return step(message, 'clicked', random.pick(['together', 'soon']), {
    ...clickedLink(random),
    ...flags,
  });
}

/** Opened as this person's mail program does it: by itself first, where it loads ahead. */
function reading(random: Random, message: Message): Storyline {
  const before = message.person.isPrefetched ? [machineOpen(random, message)] : [];
  return [...arrived(message), ...before, humanOpen(random, message)];
}

/** A scanner of the recipient's company follows every link within two seconds. */
function scanned(random: Random, message: Message): Storyline {
  const clicks = Array.from({ length: random.integer(2, 4) }, () =>
    step(message, 'clicked', 'together', { ...clickedLink(random), machine: true }),
  );
  return [...arrived(message), ...clicks];
}

/** Leaves through the link in the message; Customer.io tells it as two or three events. */
function optOut(random: Random, message: Message): Storyline {
  const leaving = step(message, 'unsubscribed', 'soon');
  const changed = random.chance(0.6)
    ? [subscriptionEvent(message.person, 'email', 'unsubscribed', 'together')]
    : [
        subscriptionEvent(
          message.person,
          'email',
          'cio_subscription_preferences_changed',
          'together',
          message,
        ),
      ];
  return [...reading(random, message), leaving, ...changed];
}

const LIVES: Readonly<Record<Life, (random: Random, message: Message) => Storyline>> = {
  unopened: (_, message) => arrived(message),
  machineOnly: (random, message) => [...arrived(message), machineOpen(random, message)],
  opened: (random, message) => [
    ...reading(random, message),
    ...(random.chance(0.3) ? [humanOpen(random, message, 'while')] : []),
  ],
  clicked: (random, message) => [...reading(random, message), humanClick(random, message)],
  bought: (random, message) => [
    ...reading(random, message),
    humanClick(random, message),
    step(message, 'converted', 'while'),
  ],
  scanned,
  deferred: (random, message) => [
    ...handedOver(message),
    ...Array.from({ length: random.integer(1, 2) }, () =>
      failed(random, message, 'deferred', 'while', 'temporary'),
    ),
    random.chance(0.8)
      ? step(message, 'delivered', 'while')
      : failed(random, message, 'bounced', 'later', 'temporary'),
  ],
  hardBounce: (random, message) => [
    ...handedOver(message),
    failed(random, message, 'bounced', 'soon', random.weighted(FAILURES.hardBounce)),
  ],
  softBounce: (random, message) => [
    ...handedOver(message),
    failed(random, message, 'bounced', 'while', random.weighted(FAILURES.softBounce)),
  ],
  block: (random, message) => [
    ...handedOver(message),
    failed(random, message, 'bounced', 'soon', random.weighted(FAILURES.block)),
  ],
  dropped: (random, message) => [failed(random, message, 'dropped', 'soon', 'onSuppressionList')],
  complaint: (random, message) => [...reading(random, message), step(message, 'spammed', 'while')],
  optOut,
  attempted: (random, message) => [
    unaddressed(message, 'attempted', 'soon', {
      failure_message: failureText(random, 'notHandedOver'),
    }),
    ...arrived(message),
  ],
  failed: (random, message) => [
    unaddressed(message, 'failed', 'soon', {
      subject: message.subject,
      failure_message: failureText(random, 'notHandedOver'),
    }),
  ],
  undeliverable: (random, message) => [
    failed(random, message, 'undeliverable', 'soon', 'heldBack'),
  ],
  drafted: (random, message) => [
    random.chance(0.5)
      ? step(message, 'drafted', 'soon')
      : unaddressed(message, 'drafted', 'soon', {}),
  ],
};

/** One life of an email. */
export function emailLife(random: Random, message: Message): Storyline {
  return LIVES[random.weighted(SHARES[message.person.disposition])](random, message);
}
