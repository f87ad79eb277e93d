import { describe, expect, test } from 'vitest';
import { KEPT } from '../../src/core/bounds.ts';
import {
  decodeProfileState,
  encodeDeliveryState,
  encodeProfileState,
} from '../../src/core/codec.ts';
import { CHANNELS } from '../../src/core/event.ts';
import type { CoreEvent } from '../../src/core/event.ts';
import { fold } from '../../src/core/fold.ts';
import { deliveryOf, emptyPerson } from '../../src/core/person.ts';
import type { PersonState } from '../../src/core/person.ts';
import { view } from '../../src/core/view.ts';
import { DAY, MINUTE, START, bytesOf } from './histories.ts';
import { foldAll } from './fold-all.ts';

const METRICS = ['delivered', 'bounced', 'clicked', 'spammed', 'sent', 'dropped', 'opened'];
const CLASSES = [
  ['hard', 'no_mailbox'],
  ['soft', 'quota'],
  ['soft', 'transient'],
  ['block', 'rate'],
] as const;

function event(parts: Partial<CoreEvent>): CoreEvent {
  return {
    eventId: 'e',
    ts: START,
    receivedAt: START,
    channel: 'email',
    metric: 'opened',
    order: null,
    deliveryId: null,
    targets: [{ to: 'a', failure: null }],
    isMachine: false,
    consents: [],
    identifiers: null,
    ...parts,
  };
}

const hex = (n: number): string => n.toString(16).padStart(32, '0');

/** 10,000 events of every kind at thousands of addresses, ten minutes apart and later in one burst. */
function flood(count: number): CoreEvent[] {
  return Array.from({ length: count }, (_, n) => {
    const ts = START + n * 10 * MINUTE;
    const [cls, kind] = CLASSES[n % CLASSES.length]!;
    return event({
      eventId: `01KDVH0000ABCDEFGHJK${String(n).padStart(6, '0')}`,
      ts,
      receivedAt: ts,
      channel: CHANNELS[n % 4]!,
      metric: METRICS[n % METRICS.length]!,
      deliveryId: n % 5 === 0 ? null : `d${n % 400}`,
      targets: [{ to: hex(n % 700), failure: { cls, kind, rule: 'rule.of.some.length' } }],
      consents: n % 5 === 0 ? [{ layer: 'profile', isOn: n % 2 === 0 }] : [],
      identifiers: {
        customerId: `customer-${n % 40}`,
        cioId: `cio${n % 20}`,
        emailHash: hex(n % 30),
      },
    });
  });
}

function largestDelivery(person: PersonState): number {
  const sizes = person.deliveries.map((one) => encodeDeliveryState(one).length);
  return Math.max(0, ...sizes);
}

/** Late enough for all to count, early enough for nothing to settle. */
const WHILE: Partial<CoreEvent> = { receivedAt: START + 40 * DAY };
const fails = (kind: string) => ({ cls: 'block', kind, rule: 'r' });

/** For each bound the nth event (or events) of more than it holds, each a second or more apart. */
const BEYOND: Readonly<Record<keyof typeof KEPT, (n: number) => readonly CoreEvent[]>> = {
  clicks: (n) => [
    event({ ...WHILE, eventId: `c${n}`, ts: START + n * 1000, deliveryId: 'd', metric: 'clicked' }),
  ],
  parts: (n) => [
    event({
      ...WHILE,
      eventId: `p${n}`,
      ts: START + n,
      channel: 'push',
      deliveryId: 'p',
      metric: 'delivered',
      targets: [{ to: `t${n}`, failure: null }],
    }),
  ],
  fails: (n) => [
    event({
      ...WHILE,
      eventId: `f${n}`,
      ts: START + n,
      deliveryId: 'd',
      metric: 'bounced',
      targets: [{ to: 'a', failure: fails(`kind${String(n).padStart(3, '0')}`) }],
    }),
  ],
  addresses: (n) => [
    event({
      ...WHILE,
      eventId: `a${n}`,
      ts: START + n * 1000,
      deliveryId: `d${n}`,
      metric: 'sent',
      targets: [{ to: `a${n}`, failure: null }],
    }),
  ],
  complaints: (n) => [
    event({ ...WHILE, eventId: `s${n}`, ts: START + n, deliveryId: `m${n}`, metric: 'spammed' }),
  ],
  names: (n) => [
    event({
      ...WHILE,
      eventId: `n${n}`,
      ts: START + n,
      identifiers: { customerId: `c${n}`, cioId: `i${n}`, emailHash: hex(n) },
    }),
  ],
  evidence: (n) => [
    event({
      ...WHILE,
      eventId: `e${n}`,
      ts: START + n * 1000,
      deliveryId: `d${n}`,
      metric: 'bounced',
      targets: [{ to: 'a', failure: fails('rate') }],
    }),
  ],
  seenIds: (n) => [event({ ...WHILE, eventId: `o${n}`, ts: START + n, deliveryId: 'd' })],
  exposure: (n) => [
    event({ ...WHILE, eventId: `x${n}`, ts: START + n, deliveryId: `x${n}`, metric: 'delivered' }),
  ],
};

/** How much a person holds of what each bound bounds. */
function keptOf(person: PersonState): Readonly<Record<keyof typeof KEPT, number>> {
  const { profile, deliveries } = person;
  const { email, push } = profile.channels;
  const legs = deliveries.flatMap((one) => one.legs);
  return {
    clicks: Math.max(0, ...legs.map((leg) => leg.clicks.length)),
    parts: Math.max(0, ...legs.map((leg) => leg.parts.length)),
    fails: Math.max(0, ...legs.flatMap((leg) => leg.parts.map((part) => part.fails.length))),
    addresses: Math.max(email.addresses.length, push.addresses.length),
    complaints: profile.complaints.length,
    names: Math.max(profile.customerIds.length, profile.cioIds.length, profile.emailHashes.length),
    evidence: email.failures.length,
    seenIds: Math.max(0, ...deliveries.map((one) => one.seen.length / 3)),
    exposure: view(person, START + 41 * DAY).delivered_since_engaged,
  };
}

describe('bounds of the state', () => {
  test('10,000 events of one person stay far below the limit of a record', () => {
    const person = foldAll(flood(10_000));
    const bytes = encodeProfileState(person.profile);
    expect(bytes.length).toBeLessThan(64 * 1024);
    expect(largestDelivery(person)).toBeLessThan(16 * 1024);
    expect(encodeProfileState(decodeProfileState(bytes)!).equals(bytes)).toBe(true);
    expect(view(person, START + 70 * DAY).complaint_count).toBe(50);
  });

  test('10,000 events of one delivery: ids are bounded, later ones are let through as noise', () => {
    let person = emptyPerson();
    let noisy = 0;
    for (let n = 0; n < 10_000; n += 1) {
      // Newest first, so that each further id is older than all that are remembered.
      const ts = START + (10_000 - n) * 1000;
      const parts = { eventId: `o${n}`, ts, receivedAt: START + DAY, deliveryId: 'd' };
      const result = fold(person, event({ ...parts, metric: n % 2 === 0 ? 'opened' : 'clicked' }));
      expect(result.effect).not.toBe('duplicate');
      noisy += Number(result.noisy);
      person = result.person;
    }
    expect(noisy).toBe(10_000 - KEPT.seenIds);
    const delivery = deliveryOf(person, 'd')!;
    expect(encodeDeliveryState(delivery).length).toBeLessThan(8 * 1024);
    expect(delivery.legs[0]!.clicks).toHaveLength(32);
    // The latest 32, however many came before and after them.
    expect(delivery.legs[0]!.clicks.at(-1)).toBe(START + 9999 * 1000);
  });

  test.each(Object.entries(BEYOND))(
    'more than the bound of %s: the same stays in any order',
    (name, make) => {
      const bound = KEPT[name as keyof typeof KEPT];
      const events = Array.from({ length: bound * 3 }, (_, n) => make(n)).flat();
      const there = foldAll(events);
      const back = foldAll([...events].reverse());
      const apart = foldAll(
        events.map((_, n) => events[(n * 7919) % events.length]!).concat(events.slice(0, 5)),
      );
      expect(bytesOf(back)).toBe(bytesOf(there));
      expect(bytesOf(apart)).toBe(bytesOf(there));
      expect(keptOf(there)[name as keyof typeof KEPT]).toBe(bound);
    },
  );

  test('a push message names more devices than a delivery keeps: the same ones stay in any order', () => {
    const at = {
      ts: START,
      receivedAt: START + DAY,
      channel: 'push',
      deliveryId: 'p',
      metric: 'delivered',
    };
    const all = Array.from({ length: 100 }, (_, n) =>
      event({ ...at, eventId: `p${n}`, targets: [{ to: `t${n}`, failure: null }] }),
    );
    const there = foldAll(all);
    const back = foldAll([...all].reverse());
    const leg = deliveryOf(there, 'p')!.legs[0]!;
    expect(leg.parts).toHaveLength(32);
    expect(deliveryOf(back, 'p')!.legs[0]!.parts).toEqual(leg.parts);
    expect(there.profile.channels.push.histories).toEqual(back.profile.channels.push.histories);
    expect(there.profile.channels.push.histories[0]!.table[0]!.success).toBe(32);
  });

  test('ids of events without a delivery are forgotten when they leave the window', () => {
    const visit = (n: number) =>
      event({
        eventId: `v${n}`,
        ts: START + n * DAY,
        receivedAt: START + n * DAY,
        channel: '',
        order: 'engage',
        targets: [],
        metric: 'site_session',
      });
    const person = foldAll(Array.from({ length: 200 }, (_, n) => visit(n)));
    expect(person.profile.seen).toHaveLength(3 * 46);
  });

  test('bytes that are no state are refused, never thrown at', () => {
    const bytes = encodeProfileState(foldAll(flood(300)).profile);
    expect(decodeProfileState(new Uint8Array())).toBeNull();
    expect(decodeProfileState(Uint8Array.of(99, ...bytes.subarray(1)))).toBeNull();
    for (let length = 0; length < bytes.length; length += 7) {
      expect(decodeProfileState(bytes.subarray(0, length))).toBeNull();
    }
    expect(decodeProfileState(Buffer.concat([bytes, Buffer.of(0)]))).toBeNull();
  });
});
