import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  decodeDeliveryState,
  decodeProfileState,
  encodeDeliveryState,
  encodeProfileState,
} from '../../src/core/codec.ts';
import type { CoreEvent } from '../../src/core/event.ts';
import { fold } from '../../src/core/fold.ts';
import { deliveryOf, makePerson } from '../../src/core/person.ts';
import type { PersonState } from '../../src/core/person.ts';
import { view } from '../../src/core/view.ts';
import { DAY, arrivals, arrive, bytesOf, endOf, histories, shortAndLong } from './histories.ts';
import { foldAll } from './fold-all.ts';
import { LAW_TIMEOUT_MS, SHARES_SUM, runsOf } from './law-runs.ts';

vi.setConfig({ testTimeout: LAW_TIMEOUT_MS });

/** Through the bytes and back: what a restart does. */
function restored(person: PersonState): PersonState {
  const profile = decodeProfileState(encodeProfileState(person.profile));
  if (profile === null) throw new Error('the profile cannot be read back');
  const deliveries = person.deliveries.map((delivery) => {
    const read = decodeDeliveryState(delivery.deliveryId, encodeDeliveryState(delivery));
    if (read === null) throw new Error('a delivery cannot be read back');
    return read;
  });
  return makePerson(profile, deliveries);
}

const instants = [0, 1, 12.5, 29, 46, 90, 200];

describe('laws of the state', () => {
  test('the number of histories asked for is the number tried', () => {
    expect(SHARES_SUM).toBe(100);
  });

  test('any order with repetitions gives the same bytes and the same views', () => {
    fc.assert(
      fc.property(shortAndLong, arrivals, arrivals, (facts, one, other) => {
        const end = endOf(facts);
        const a = foldAll(arrive(facts, one, end));
        const b = foldAll(arrive(facts, other, end));
        expect(bytesOf(a)).toBe(bytesOf(b));
        for (const days of instants) {
          const [left, right] = [view(a, end + days * DAY), view(b, end + days * DAY)];
          expect(JSON.stringify(left)).toBe(JSON.stringify(right));
        }
      }),
      { numRuns: runsOf('order') },
    );
  });

  test('folding in two halves, with a restart between, is folding at once', () => {
    fc.assert(
      fc.property(shortAndLong, arrivals, fc.nat(), (facts, arrival, cut) => {
        const events = arrive(facts, arrival, endOf(facts));
        const at = cut % events.length;
        const half = foldAll(events.slice(0, at));
        const whole = foldAll(events);
        expect(bytesOf(foldAll(events.slice(at), restored(half)))).toBe(bytesOf(whole));
        expect(bytesOf(restored(whole))).toBe(bytesOf(whole));
      }),
      { numRuns: runsOf('halves') },
    );
  });

  test('a repeated event changes nothing and says so', () => {
    fc.assert(
      fc.property(histories(60), arrivals, (facts, arrival) => {
        const events = arrive(facts, arrival, endOf(facts));
        const counted = new Map<string, number>();
        let person = foldAll([]);
        for (const event of events) {
          const result = fold(person, event);
          if (result.effect === 'duplicate') expect(result.person).toBe(person);
          else counted.set(event.eventId, (counted.get(event.eventId) ?? 0) + 1);
          person = result.person;
        }
        expect([...counted.values()].every((count) => count === 1)).toBe(true);
      }),
      { numRuns: runsOf('repetition') },
    );
  });

  test('what changed and what went is named exactly', () => {
    fc.assert(
      fc.property(histories(200), arrivals, (facts, arrival) => {
        const events: CoreEvent[] = arrive(facts, arrival, endOf(facts));
        let person = foldAll([]);
        const mirror = new Map<string, string>();
        for (const event of events) {
          const result = fold(person, event);
          person = result.person;
          // What is kept beside the deliveries is what a restart would make of them.
          const whole = makePerson(person.profile, person.deliveries);
          expect(new Set(person.telling)).toEqual(new Set(whole.telling));
          expect(person.oldest).toBeLessThanOrEqual(whole.oldest);
          for (const id of result.removed) mirror.delete(id);
          for (const id of result.changed) {
            mirror.set(id, encodeDeliveryState(deliveryOf(person, id)!).toString('hex'));
          }
        }
        const held = person.deliveries.map(
          (one) => [one.deliveryId, encodeDeliveryState(one).toString('hex')] as const,
        );
        expect(new Map(held)).toEqual(mirror);
      }),
      { numRuns: runsOf('mirror') },
    );
  });
});
