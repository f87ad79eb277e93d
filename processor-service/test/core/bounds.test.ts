import { describe, expect, test } from 'vitest';
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
import { SEEN_IDS_MAX } from '../../src/core/seen.ts';
import { view } from '../../src/core/view.ts';
import { DAY, MINUTE, START } from './histories.ts';
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
    expect(noisy).toBe(10_000 - SEEN_IDS_MAX);
    const delivery = deliveryOf(person, 'd')!;
    expect(encodeDeliveryState(delivery).length).toBeLessThan(8 * 1024);
    expect(delivery.legs[0]!.clicks).toHaveLength(32);
    // The latest 32, however many came before and after them.
    expect(delivery.legs[0]!.clicks.at(-1)).toBe(START + 9999 * 1000);
  });

  test('what is kept beyond the bounds does not hang on the order', () => {
    const events = Array.from({ length: 900 }, (_, n) =>
      event({
        eventId: `c${n}`,
        ts: START + n * 1000,
        receivedAt: START + DAY,
        deliveryId: 'd',
        metric: 'clicked',
      }),
    );
    const complaints = Array.from({ length: 80 }, (_, n) =>
      event({
        eventId: `s${n}`,
        ts: START + n * 1000,
        receivedAt: START + DAY,
        deliveryId: `m${n}`,
        metric: 'spammed',
      }),
    );
    const activities = Array.from({ length: 700 }, (_, n) =>
      event({
        eventId: `v${n}`,
        ts: START + n * 1000,
        receivedAt: START + DAY,
        channel: '',
        order: 'engage',
        targets: [],
        metric: 'purchase',
      }),
    );
    const names = Array.from({ length: 30 }, (_, n) =>
      event({
        eventId: `n${n}`,
        ts: START + n * 1000,
        receivedAt: START + DAY,
        identifiers: { customerId: `c${n}`, cioId: null, emailHash: null },
      }),
    );
    const parts = Array.from({ length: 60 }, (_, n) =>
      event({
        eventId: `p${n}`,
        ts: START + n * 1000,
        receivedAt: START + DAY,
        channel: 'push',
        deliveryId: 'p',
        metric: 'delivered',
        targets: [
          { to: 't1', failure: null },
          { to: `t${n % 30}`, failure: null },
        ],
      }),
    );
    const all = [...events, ...complaints, ...activities, ...names, ...parts];
    const there = foldAll(all);
    const back = foldAll([...all].reverse());
    expect(encodeProfileState(back.profile).equals(encodeProfileState(there.profile))).toBe(true);
    for (const delivery of there.deliveries) {
      const other = deliveryOf(back, delivery.deliveryId)!;
      expect(encodeDeliveryState(other).equals(encodeDeliveryState(delivery))).toBe(true);
    }
  });

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
