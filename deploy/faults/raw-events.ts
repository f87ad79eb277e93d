import type { RawWebhook } from '@landed/schemas/events.gen';
import { partitionOf } from '@landed/schemas/key';
import type { Random } from '../traffic/random.ts';
import { createRawMaker } from './raw-maker.ts';
import type { MadeRecord, RawMaker } from './raw-maker.ts';

/*
 * Raw records for the kill matrix, made from a seed: many persons, a few of them busy, lives of
 * deliveries in any order, repetitions, commands, poison of every kind, and failures dated so that
 * their timers fall due while the run goes on.
 */

export type RawRecord = {
  readonly partition: number;
  readonly key: string | null;
  readonly value: Buffer | null;
};

export type RawEventsDeps = {
  readonly random: Random;
  readonly partitions: number;
  readonly hashAddress: (address: string) => string;
  readonly seal: (body: Buffer) => Buffer;
  readonly encode: (value: RawWebhook) => Buffer;
  /** Wall time, ms. */
  readonly now: () => number;
};

const WORKSPACE = 'acme';
const PERSONS = 2_000;
const BUSY_PERSONS = 20;
const REMEMBERED_MAX = 500;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const METRICS = {
  sent: 20,
  delivered: 30,
  opened: 15,
  clicked: 10,
  bounced: 12,
  dropped: 2,
  spammed: 1,
  unsubscribed: 1,
  deferred: 2,
  converted: 2,
  a_metric_nobody_knows: 1,
};
const CHANNELS = { email: 80, sms: 10, push: 6, whatsapp: 2, in_app: 2 };
const FAILURES = [
  '452 4.2.2 The mailbox is over its quota',
  '421 4.4.2 Connection timed out, try again later',
  '550 5.1.1 No such user here',
  '554 5.7.1 Message blocked by the reputation of its sender',
  'something went wrong on the other side',
];
/** What a failure waits for before it may be resent (score.md section 9): timers of the run. */
const RESEND_WAITS_MS = [4 * HOUR_MS, DAY_MS];

type Poison = { readonly key: string | null; readonly value: Buffer | null };

/** What the makers of single records share. */
type Maker = {
  readonly deps: RawEventsDeps;
  readonly nextId: () => number;
  readonly make: RawMaker;
};

function createMaker(deps: RawEventsDeps): Maker {
  let count = 0;
  return {
    deps,
    nextId: () => ++count,
    make: createRawMaker({ ...deps, workspace: WORKSPACE }),
  };
}

function somePerson(random: Random): { readonly cioId: string; readonly email: string } {
  const max = random.chance(0.3) ? BUSY_PERSONS : PERSONS;
  const number = random.integer(1, max);
  return { cioId: `cio${number}`, email: `person${number}@example.com` };
}

/** Mostly just now; some so that a timer of theirs is due within the next minutes; some old. */
function occurredAt({ random, now }: RawEventsDeps): number {
  const at = now();
  if (random.chance(0.35)) {
    return at - random.pick(RESEND_WAITS_MS) + random.integer(-5_000, 180_000);
  }
  if (random.chance(0.1)) return at - random.integer(1, 60) * DAY_MS;
  return at - random.integer(0, HOUR_MS);
}

function webhook({ deps, nextId, make }: Maker): MadeRecord {
  const { random } = deps;
  const { cioId, email } = somePerson(random);
  const objectType = random.weighted(CHANNELS);
  const metric = random.weighted(METRICS);
  const eventId = `e${nextId()}-${random.text(6, 'abcdef0123456789')}`;
  const device = { device_id: `device-${cioId}`, device_platform: 'ios' };
  const data = {
    identifiers: { id: `user-${cioId}`, email, cio_id: cioId },
    delivery_id: `d-${cioId}-${random.integer(1, 8)}`,
    ...(objectType === 'push' ? { recipients: [device] } : { recipient: email }),
    ...(metric === 'bounced' ? { failure_message: random.pick(FAILURES) } : {}),
    ...(metric === 'clicked' ? { href: 'https://example.com/offer', link_id: 1 } : {}),
    subject: 'An offer',
    campaign_id: random.integer(1, 9),
  };
  const timestamp = Math.floor(occurredAt(deps) / 1_000);
  const body = { event_id: eventId, object_type: objectType, metric, timestamp, data };
  return make('webhook', cioId, eventId, body);
}

function command({ deps, nextId, make }: Maker): MadeRecord {
  const { random } = deps;
  const occurred_at = deps.now() - random.integer(0, HOUR_MS);
  const body = random.pick([
    { command: 'consent', consent: random.pick(['on', 'off']), channel: 'sms', occurred_at },
    { command: 'reinstate', occurred_at },
    { command: 'activity', activity: 'purchase', occurred_at },
    { command: 'dance', occurred_at },
  ]);
  return make('command', somePerson(random).cioId, `c${nextId()}`, body);
}

function poison(maker: Maker): Poison {
  const { random } = maker.deps;
  const { key, value } = webhook(maker);
  const { cioId } = somePerson(random);
  const future = { event_id: 'f', object_type: 'email', metric: 'sent', timestamp: 4e9, data: {} };
  const broken = Buffer.from(value);
  // The end of the record is the body's hash: the damage is a little before it, in the seal.
  broken[broken.length - 8] = (broken.at(-8) ?? 0) ^ 1;
  const kinds: (() => Poison)[] = [
    () => ({ key, value: Buffer.from(`not ours ${random.text(8, 'abc')}`) }),
    () => ({ key, value: value.subarray(0, 20) }),
    () => ({ key, value: null }),
    () => ({ key: null, value }),
    () => ({ key: `elsewhere/cio:${maker.nextId()}`, value }),
    () => maker.make('webhook', cioId, 'f', future),
    () => maker.make('a_kind_nobody_knows', cioId, 'k', {}),
    () => ({ key, value: broken }),
  ];
  return random.pick(kinds)();
}

/** Makes one raw record after the other. */
export function createRawEvents(deps: RawEventsDeps): () => RawRecord {
  const { random, partitions } = deps;
  const maker = createMaker(deps);
  const remembered: MadeRecord[] = [];

  const sound = (): MadeRecord => {
    if (remembered.length > 0 && random.chance(0.02)) return random.pick(remembered);
    const made = random.chance(0.03) ? command(maker) : webhook(maker);
    remembered.push(made);
    if (remembered.length > REMEMBERED_MAX) remembered.shift();
    return made;
  };

  return () => {
    const { key, value } = random.chance(0.01) ? poison(maker) : sound();
    // Without a key the record may lie anywhere.
    return { key, value, partition: partitionOf(key ?? String(maker.nextId()), partitions) };
  };
}
