import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { countedChanges } from '../../src/core/change.ts';
import { CHANNELS } from '../../src/core/event.ts';
import { fold } from '../../src/core/fold.ts';
import { nextChange, timerAt } from '../../src/core/timer.ts';
import { view } from '../../src/core/view.ts';
import { DAY, HOUR, START, arrivals, arrive, endOf, histories, shortAndLong } from './histories.ts';
import type { Fact } from './histories.ts';
import { plainView } from './plain-view.ts';
import { foldAll } from './fold-all.ts';
import { hasNaN } from './has-nan.ts';
import { LAW_TIMEOUT_MS, runsOf } from './law-runs.ts';

vi.setConfig({ testTimeout: LAW_TIMEOUT_MS });

const COLD = ['cold_60d', 'cold_90d', 'cold_180d', 'cold_270d'] as const;

const ON_TIME = { late: [0], again: [] };

function personAtEnd(facts: readonly Fact[]) {
  const end = endOf(facts);
  return { end, person: foldAll(arrive(facts, ON_TIME, end)) };
}

/** A person in the middle of a history, right after one of its events came in time. */
function personMidway(facts: readonly Fact[], cut: number) {
  const inTime = [...facts].sort((a, b) => a.ts - b.ts);
  const known = inTime.slice(0, (cut % facts.length) + 1);
  const end = known.at(-1)!.ts;
  return { known, end, person: foldAll(known.map((fact) => ({ ...fact, receivedAt: fact.ts }))) };
}

describe('laws of the view', () => {
  test('the state says the same as a plain computation from all events', () => {
    fc.assert(
      fc.property(shortAndLong, arrivals, (facts, arrival) => {
        const end = endOf(facts);
        const person = foldAll(arrive(facts, arrival, end));
        const all = [
          ...facts,
          {
            ...facts[0]!,
            eventId: 'end',
            ts: end,
            metric: 'end',
            channel: '',
            order: null,
            consents: [],
            targets: [],
          },
        ];
        for (const days of [0, 0.4, 17, 61, 200]) {
          expect(view(person, end + days * DAY)).toEqual(plainView(all, end + days * DAY));
        }
      }),
      { numRuns: runsOf('plain') },
    );
  });

  test('so it does in the middle of a history', () => {
    fc.assert(
      fc.property(shortAndLong, fc.nat(), (facts, cut) => {
        const { known, end, person } = personMidway(facts, cut);
        for (const later of [0, 10 * HOUR, 25 * DAY]) {
          expect(view(person, end + later)).toEqual(plainView(known, end + later));
        }
      }),
      { numRuns: runsOf('plainMidway') },
    );
  });

  test('every number is one, at any instant', () => {
    fc.assert(
      fc.property(histories(), arrivals, fc.nat({ max: 500 * DAY }), (facts, arrival, later) => {
        const end = endOf(facts);
        const person = foldAll(arrive(facts, arrival, end));
        for (const at of [START, end, end + later]) {
          const seen = view(person, at);
          if (hasNaN(seen)) expect(seen).toBe('numbers only');
        }
        expect(hasNaN(nextChange(person, end + later))).toBe(false);
      }),
      { numRuns: runsOf('noNaN') },
    );
  });

  test('bands get no worse and coldness does not go by time alone', () => {
    const ranks = ['suppressed', 'at_risk', 'watch', 'healthy'];
    fc.assert(
      fc.property(histories(200), fc.nat(), (facts, cut) => {
        const { end, person } = personMidway(facts, cut);
        let before = view(person, end);
        for (let days = 1; days <= 220; days += 1) {
          const after = view(person, end + days * DAY);
          const worse = CHANNELS.filter(
            (name) => ranks.indexOf(after[name].band) < ranks.indexOf(before[name].band),
          );
          const gone = COLD.filter((flag) => before[flag] && !after[flag]);
          if (worse.length + gone.length > 0) expect([days, worse, gone]).toEqual([days, [], []]);
          before = after;
        }
      }),
      { numRuns: runsOf('bandsByTime') },
    );
  });

  test('a soft suppression ends exactly at its date', () => {
    fc.assert(
      fc.property(histories(200), fc.nat(), (facts, cut) => {
        const { end, person } = personMidway(facts, cut);
        for (const name of CHANNELS) {
          const until = view(person, end)[name].suppressed_until;
          if (until === null) continue;
          const at = Date.parse(until);
          expect(view(person, at - 1)[name].suppressed_until).toBe(until);
          expect(view(person, at - 1)[name].band).toBe('suppressed');
          expect(view(person, at)[name].suppressed_until).toBeNull();
          expect(view(person, at)[name].band).not.toBe('suppressed');
        }
      }),
      { numRuns: runsOf('suppressionEnds') },
    );
  });

  test('the next change is the first instant at which something counted differs', () => {
    fc.assert(
      fc.property(histories(90, 8), fc.nat(), fc.nat({ max: 20 * DAY }), (facts, cut, later) => {
        const { end, person } = personMidway(facts, cut);
        const now = end + later;
        const next = nextChange(person, now);
        const before = view(person, now);
        const differs = (at: number): string[] => countedChanges(before, view(person, at));
        const reach = next?.at ?? now + 300 * DAY;
        const instants: number[] = [];
        for (let at = now; at < reach; at += 7 * HOUR) instants.push(at);
        for (let at = Math.ceil(now / DAY) * DAY; at < reach; at += DAY) instants.push(at, at - 1);
        const early = instants.filter((at) => at >= now && differs(at).length > 0);
        expect(early).toEqual([]);
        const timer = timerAt(person, now);
        if (next === null) return;
        expect(next.at).toBeGreaterThan(now);
        expect(differs(next.at - 1)).toEqual([]);
        expect(differs(next.at)).toEqual(next.changed);
        expect(next.changed.length).toBeGreaterThan(0);
        expect(timer).toBeGreaterThan(now);
        expect(timer).toBeLessThanOrEqual(next.at);
      }),
      { numRuns: runsOf('nextChange') },
    );
  });

  test('following the timer meets every change and ends', () => {
    fc.assert(
      fc.property(histories(120), fc.nat(), (facts, cut) => {
        const { end, person } = personMidway(facts, cut);
        let published = view(person, end);
        let at = timerAt(person, end);
        let looks = 0;
        for (
          let next = nextChange(person, end);
          next !== null;
          next = nextChange(person, next.at)
        ) {
          while (at !== null && at < next.at) {
            expect(countedChanges(published, view(person, at))).toEqual([]);
            at = timerAt(person, at);
            looks += 1;
          }
          expect(at).toBe(next.at);
          published = next.view;
          at = timerAt(person, next.at);
        }
        expect(looks).toBeLessThan(100);
      }),
      { numRuns: runsOf('timerChain') },
    );
  });

  test('blocks, sizes and deferrals never move scores or flags', () => {
    const idle = fc.record({
      channel: fc.constantFrom(...CHANNELS),
      at: fc.integer({ min: 0, max: 120 * DAY }),
      what: fc.constantFrom(['block', 'reputation'], ['block', 'policy'], ['soft', 'size'], null),
      id: fc.nat(),
    });
    const toOneAddress = (fact: Fact): Fact => ({
      ...fact,
      targets: fact.targets.map((target) => ({ ...target, to: 'a' })),
    });
    fc.assert(
      fc.property(
        histories(120),
        fc.array(idle, { minLength: 1, maxLength: 12 }),
        (facts, idles) => {
          // Sent to before: where mail goes must be the same with and without the idle events.
          const sent = CHANNELS.map((channel): Fact => ({
            ...toOneAddress(facts[0]!),
            eventId: `sent ${channel}`,
            deliveryId: `sent ${channel}`,
            ts: START,
            metric: 'sent',
            channel,
            order: null,
            consents: [],
            targets: [{ to: 'a', failure: null }],
          }));
          const own = [...sent, ...facts.map(toOneAddress)];
          const added = idles.map(({ channel, at, what, id }): Fact => {
            const failure = what === null ? null : { cls: what[0], kind: what[1], rule: 'r' };
            return {
              ...own[0]!,
              eventId: `idle${id}`,
              deliveryId: `idle${id}`,
              ts: START + at,
              metric: what === null ? 'deferred' : 'bounced',
              channel,
              order: null,
              consents: [],
              targets: [{ to: 'a', failure }],
            };
          });
          const end = Math.max(endOf(own), endOf(added));
          const left = view(foldAll(arrive(own, ON_TIME, end)), end);
          const right = view(foldAll(arrive([...own, ...added], ON_TIME, end)), end);
          for (const name of CHANNELS) {
            const { last_bounce_at, last_bounce_class, last_bounce_kind, block_days_7d } =
              left[name];
            const free = { last_bounce_at, last_bounce_class, last_bounce_kind, block_days_7d };
            const live_devices = name === 'push' ? left.push.live_devices : null;
            expect({ ...right[name], ...free, live_devices }).toEqual(left[name]);
          }
        },
      ),
      { numRuns: runsOf('idle') },
    );
  });

  test('an event too old for the state leaves it as it is, unless it is about consent', () => {
    const [email] = CHANNELS;
    fc.assert(
      fc.property(histories(60), fc.integer({ min: 1, max: 300 * DAY }), (facts, over) => {
        const { end, person } = personAtEnd(facts);
        const late = { ...facts[0]!, eventId: 'late', ts: end - 45 * DAY - over, receivedAt: end };
        const dropped = fold(person, { ...late, consents: [] });
        expect(dropped.effect).toBe('too_old');
        expect(dropped.person).toBe(person);
        const consents = [{ layer: email, isOn: false }];
        const kept = fold(person, { ...late, deliveryId: null, consents });
        expect(kept.effect).toBe('applied');
        expect(kept.person.profile.channels.email.consent.off).not.toBeNull();
      }),
      { numRuns: runsOf('tooOld') },
    );
  });
});
