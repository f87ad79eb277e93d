import fc from 'fast-check';
import { encodeDeliveryState, encodeProfileState } from '../../src/core/codec.ts';
import type { Channel, CoreEvent } from '../../src/core/event.ts';
import type { PersonState } from '../../src/core/person.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const START = Date.UTC(2026, 2, 1);

/** An event of a history, before it is known in which order and when it arrives. */
export type Fact = Omit<CoreEvent, 'receivedAt'> & {
  /** How late it may come, so that the whole stays within the bounds of the definition. */
  readonly lateMax: number;
};

const FAILURES: readonly (readonly [string, string])[] = [
  ['hard', 'no_mailbox'],
  ['soft', 'quota'],
  ['soft', 'quota'],
  ['soft', 'transient'],
  ['soft', 'unreachable'],
  ['soft', 'size'],
  ['block', 'rate'],
  ['block', 'reputation'],
  ['unknown', 'unknown_5xx'],
];

const failure = fc
  .constantFrom(...FAILURES)
  .map(([cls, kind]) => ({ cls, kind, rule: `rule.${kind}` }));
const channel = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Channel>('email') },
  { weight: 1, arbitrary: fc.constantFrom<Channel>('sms', 'whatsapp', 'push') },
);
const to = fc.oneof(
  { weight: 5, arbitrary: fc.constant('a') },
  { weight: 1, arbitrary: fc.constantFrom('', 'b', 'c\u{1f600}', '\u{ff5e}') },
);

/** Messages whose outcomes span up to 20 days may come this late, single events nearly the window. */
const LATE_SPANNING = 20 * DAY;
const LATE_SINGLE = 44 * DAY;

const NOBODY: Omit<Fact, 'eventId' | 'ts' | 'metric'> = {
  lateMax: LATE_SINGLE,
  order: null,
  channel: '',
  deliveryId: null,
  targets: [],
  isMachine: false,
  consents: [],
  identifiers: null,
};

/** Offsets in ms from a delivery's send: often on the edges the definition names. */
const outcomeOffset = fc.oneof(
  fc.integer({ min: 0, max: 2 * DAY }),
  fc.integer({ min: 0, max: 20 * DAY }),
  fc.constantFrom(0, 5 * SECOND, HOUR, DAY, 20 * DAY),
);
const clickOffset = fc.oneof(
  fc.constantFrom(-61 * SECOND, -MINUTE, 10 * SECOND, 10_001, 10 * MINUTE, 30 * DAY, 46 * DAY),
  fc.integer({ min: -2 * MINUTE, max: 50 * DAY }),
);

type Step = { readonly metric: string; readonly offset: number; readonly isMachine: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      metric: fc.constant('delivered'),
      offset: outcomeOffset,
      isMachine: fc.constant(false),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      metric: fc.constant('bounced'),
      offset: outcomeOffset,
      isMachine: fc.constant(false),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      metric: fc.constant('clicked'),
      offset: clickOffset,
      isMachine: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      metric: fc.constantFrom(
        'sent',
        'opened',
        'deferred',
        'failed',
        'dropped',
        'spammed',
        'converted',
        'replied',
      ),
      offset: outcomeOffset,
      isMachine: fc.constant(false),
    }),
  },
);

const CLASSED = new Set(['bounced', 'failed', 'dropped']);

/** Instants of a history: often on a coarse grid, so that ties and edges are met. */
function instant(days: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 0, max: days * DAY }),
    fc.integer({ min: 0, max: days * 2 }).map((half) => half * 12 * HOUR),
    fc.integer({ min: 0, max: Math.min(6, days) }).map((day) => day * DAY + 12 * HOUR),
  );
}

/** One message: its outcomes span at most 20 days, its clicks more. */
function deliveryFacts(days: number) {
  return fc
    .record({
      channel,
      at: instant(days),
      steps: fc.array(fc.record({ step, to, failure }), { minLength: 1, maxLength: 4 }),
      id: fc.integer({ min: 0, max: 1_000_000 }),
    })
    .map(({ channel: name, at, steps, id }) =>
      steps.map(({ step: one, to: address, failure: read }, index): Fact => {
        const failed =
          one.metric === 'dropped' ? { cls: 'suppressed', kind: 'esp_list', rule: 'r' } : read;
        return {
          ...NOBODY,
          lateMax: LATE_SPANNING,
          eventId: `${id}/${index}`,
          ts: START + Math.max(0, at + one.offset),
          metric: one.metric,
          channel: name,
          deliveryId: `d${id}`,
          targets: [{ to: address, failure: CLASSED.has(one.metric) ? failed : null }],
          isMachine: one.isMachine,
        };
      }),
    );
}

function personFact(days: number): fc.Arbitrary<Fact[]> {
  const at = instant(days);
  const id = fc.integer({ min: 0, max: 1_000_000 });
  const consent = fc.record({
    layer: fc.constantFrom<'profile' | Channel>('profile', 'email', 'sms', 'whatsapp', 'push'),
    isOn: fc.boolean(),
  });
  return fc.oneof(
    fc
      .tuple(at, id, consent)
      .map(([t, n, one]): Fact[] => [
        { ...NOBODY, eventId: `c${n}`, ts: START + t, metric: 'consent', consents: [one] },
      ]),
    fc
      .tuple(at, id)
      .map(([t, n]): Fact[] => [
        { ...NOBODY, eventId: `r${n}`, ts: START + t, metric: 'reinstate', order: 'reinstate' },
      ]),
    fc
      .tuple(at, id)
      .map(([t, n]): Fact[] => [
        { ...NOBODY, eventId: `v${n}`, ts: START + t, metric: 'purchase', order: 'engage' },
      ]),
    fc.tuple(at, id).map(([t, n]): Fact[] => [
      {
        ...NOBODY,
        eventId: `i${n}`,
        ts: START + t,
        metric: 'clicked',
        channel: 'in_app',
        deliveryId: `i${n}`,
      },
    ]),
  );
}

/** A streak of failures, in a rhythm or with the gaps the windows of the definition end at. */
function streakFacts(days: number): fc.Arbitrary<Fact[]> {
  const gap: fc.Arbitrary<number> = fc.constantFrom(
    1,
    1,
    1,
    2,
    4,
    7,
    20,
    30,
    40,
    60,
    88,
    89,
    90,
    120,
    180,
    181,
  );
  const rhythm: fc.Arbitrary<number[]> = fc
    .tuple(fc.constantFrom(1, 1, 2, 7, 20, 30, 40, 45), fc.integer({ min: 3, max: 12 }))
    .map(([every, count]) => Array.from({ length: count }, () => every));
  return fc
    .record({
      channel,
      from: fc.integer({ min: 0, max: days }),
      gaps: fc.oneof(rhythm, fc.array(gap, { minLength: 2, maxLength: 7 })),
      kind: fc.constantFrom('quota', 'transient'),
      id: fc.integer({ min: 0, max: 1_000_000 }),
    })
    .map(({ channel: name, from, gaps, kind, id }) => {
      let day = from;
      return gaps.flatMap((gapDays, n): Fact[] => {
        const at = day;
        day += gapDays;
        if (at > days) return [];
        const read = { cls: 'soft', kind, rule: 'r' };
        return [
          {
            ...NOBODY,
            eventId: `s${id}/${n}`,
            ts: START + at * DAY + 12 * HOUR,
            metric: 'bounced',
            channel: name,
            deliveryId: `s${id}/${n}`,
            targets: [{ to: name === 'push' ? 't' : 'a', failure: read }],
          },
        ];
      });
    });
}

/** Numbers the groups, so that no two of them share a delivery: that one would span too long. */
function apart(groups: readonly (readonly Fact[])[]): Fact[] {
  return groups.flatMap((facts, n) =>
    facts.map((fact) => ({
      ...fact,
      eventId: `${n}.${fact.eventId}`,
      deliveryId: fact.deliveryId === null ? null : `${n}.${fact.deliveryId}`,
    })),
  );
}

/** Some of the events name the person, by more names than are kept. */
function named(facts: readonly Fact[]): Fact[] {
  return facts.map((fact, n) => ({
    ...fact,
    identifiers:
      n % 3 === 0
        ? { customerId: `c${n % 5}`, cioId: `i${n % 11}`, emailHash: n % 2 === 0 ? 'h' : null }
        : null,
  }));
}

/** Whole histories of one person over `days` days. */
export function histories(days = 420, deliveriesMax = 14): fc.Arbitrary<Fact[]> {
  return fc
    .tuple(
      fc.array(deliveryFacts(days), { minLength: 1, maxLength: deliveriesMax }),
      fc.array(streakFacts(days), { maxLength: 2 }),
      fc.array(personFact(days), { maxLength: 4 }),
    )
    .map((groups) => named(apart(groups.flat())));
}

/** Lateness of each event in one arrival, and which come again and how late: shares of the most. */
export type Arrival = { readonly late: readonly number[]; readonly again: readonly number[] };

const lateness = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 50 }).map((thousandths) => thousandths / 1000),
  fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000),
);

export const arrivals: fc.Arbitrary<Arrival> = fc.record({
  late: fc.array(lateness, { minLength: 80, maxLength: 80 }),
  again: fc.array(lateness, { minLength: 20, maxLength: 20 }),
});

/** Histories that end while much is unsettled, and histories of more than a year. */
export const shortAndLong: fc.Arbitrary<Fact[]> = fc.oneof(histories(30, 8), histories());

/** The end of a history: every event of it has arrived by then. */
export function endOf(facts: readonly Fact[]): number {
  return Math.max(...facts.map(({ ts }) => ts)) + LATE_SINGLE;
}

function arrivalOf({ ts, lateMax }: Fact, share: number): number {
  return ts + Math.floor(share * lateMax);
}

/**
 * The events in order of arrival, each dated by its arrival, with repetitions; at the end one event
 * of no meaning, so that all arrivals of one history end at the same receipt.
 */
export function arrive(facts: readonly Fact[], { late, again }: Arrival, end: number): CoreEvent[] {
  const first = facts.map((fact, n) => ({ fact, at: arrivalOf(fact, late[n % late.length] ?? 0) }));
  const copies = again.map((delay, n) => {
    const fact = facts[(n * 7) % facts.length]!;
    return { fact, at: arrivalOf(fact, delay) };
  });
  const events = [...first, ...copies].sort((a, b) => a.at - b.at);
  const last = { ...NOBODY, eventId: 'end', ts: end, receivedAt: end, metric: 'end' };
  return [...events.map(({ fact, at }): CoreEvent => ({ ...fact, receivedAt: at })), last];
}

/** All of a person's state as text, to compare byte by byte. */
export function bytesOf(person: PersonState): string {
  const deliveries = person.deliveries.map(
    (delivery) => `${delivery.deliveryId} ${encodeDeliveryState(delivery).toString('hex')}`,
  );
  return [encodeProfileState(person.profile).toString('hex'), ...deliveries.sort()].join('\n');
}
