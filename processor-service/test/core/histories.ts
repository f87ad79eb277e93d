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
export type Fact = Omit<CoreEvent, 'receivedAt'>;

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

const NOBODY: Omit<Fact, 'eventId' | 'ts' | 'metric'> = {
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

/** One message: its outcomes span at most 20 days, its clicks more. */
function deliveryFacts(days: number) {
  return fc
    .record({
      channel,
      at: fc.integer({ min: 0, max: days * DAY }),
      steps: fc.array(fc.record({ step, to, failure }), { minLength: 1, maxLength: 4 }),
      id: fc.integer({ min: 0, max: 1_000_000 }),
    })
    .map(({ channel: name, at, steps, id }) =>
      steps.map(({ step: one, to: address, failure: read }, index): Fact => {
        const failed =
          one.metric === 'dropped' ? { cls: 'suppressed', kind: 'esp_list', rule: 'r' } : read;
        return {
          ...NOBODY,
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
  const at = fc.integer({ min: 0, max: days * DAY });
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

/** A streak of failures in a rhythm, so that ladders are climbed. */
function streakFacts(days: number): fc.Arbitrary<Fact[]> {
  return fc
    .record({
      channel,
      from: fc.integer({ min: 0, max: days }),
      every: fc.constantFrom(1, 1, 2, 7, 30, 45),
      count: fc.integer({ min: 3, max: 12 }),
      kind: fc.constantFrom('quota', 'transient'),
      id: fc.integer({ min: 0, max: 1_000_000 }),
    })
    .map(({ channel: name, from, every, count, kind, id }) =>
      Array.from({ length: count }, (_, n): Fact => {
        const day = Math.min(from + n * every, days);
        return {
          ...NOBODY,
          eventId: `s${id}/${n}`,
          ts: START + day * DAY + 12 * HOUR,
          metric: 'bounced',
          channel: name,
          deliveryId: `s${id}/${n}`,
          targets: [{ to: name === 'push' ? 't' : 'a', failure: { cls: 'soft', kind, rule: 'r' } }],
        };
      }),
    );
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

/** Whole histories of one person over `days` days. */
export function histories(days = 420, deliveriesMax = 14): fc.Arbitrary<Fact[]> {
  return fc
    .tuple(
      fc.array(deliveryFacts(days), { minLength: 1, maxLength: deliveriesMax }),
      fc.array(streakFacts(days), { maxLength: 2 }),
      fc.array(personFact(days), { maxLength: 4 }),
    )
    .map((groups) => apart(groups.flat()));
}

export const LATE_MAX = 20 * DAY;

/** Lateness of each event in one arrival, and which of them come again, and how late then. */
export type Arrival = { readonly late: readonly number[]; readonly again: readonly number[] };

const lateness = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: DAY }),
  fc.integer({ min: 0, max: LATE_MAX }),
);

export const arrivals: fc.Arbitrary<Arrival> = fc.record({
  late: fc.array(lateness, { minLength: 80, maxLength: 80 }),
  again: fc.array(lateness, { minLength: 20, maxLength: 20 }),
});

/** The end of a history: every event of it has arrived by then. */
export function endOf(facts: readonly Fact[]): number {
  return Math.max(...facts.map(({ ts }) => ts)) + LATE_MAX;
}

/**
 * The events in order of arrival, each dated by its arrival, with repetitions; at the end one event
 * of no meaning, so that all arrivals of one history end at the same receipt.
 */
export function arrive(facts: readonly Fact[], { late, again }: Arrival, end: number): CoreEvent[] {
  const first = facts.map((fact, n) => ({ fact, at: fact.ts + (late[n % late.length] ?? 0) }));
  const copies = again.map((delay, n) => {
    const fact = facts[(n * 7) % facts.length]!;
    return { fact, at: fact.ts + delay };
  });
  const events = [...first, ...copies].sort((a, b) => a.at - b.at);
  const last: CoreEvent = { ...NOBODY, eventId: 'end', ts: end, receivedAt: end, metric: 'end' };
  return [...events.map(({ fact, at }): CoreEvent => ({ ...fact, receivedAt: at })), last];
}

/** All of a person's state as text, to compare byte by byte. */
export function bytesOf(person: PersonState): string {
  const deliveries = [...person.deliveries.values()].map(
    (delivery) => `${delivery.deliveryId} ${encodeDeliveryState(delivery).toString('hex')}`,
  );
  return [encodeProfileState(person.profile).toString('hex'), ...deliveries.sort()].join('\n');
}
