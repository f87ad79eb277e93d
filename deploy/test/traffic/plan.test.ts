import { decodeTime, isValid } from 'ulidx';
import { beforeAll, describe, expect, test } from 'vitest';
import { planCalls } from '../../traffic/plan.ts';
import type { PlannedCall, PlanOptions } from '../../traffic/plan.ts';

const options: PlanOptions = { seed: 'test', run: 1, baseAt: 1_763_001_222_123, stepMs: 50 };
const COUNT = 20_000;

function take(count: number, given: Partial<PlanOptions> = {}): PlannedCall[] {
  const calls = planCalls({ ...options, ...given });
  return Array.from({ length: count }, () => calls.next().value);
}

type Event = {
  readonly event_id: string;
  readonly metric: string;
  readonly timestamp: number;
  readonly data: Record<string, unknown> & { delivery_id?: string; recipient?: string };
};
const parsed = (call: PlannedCall): Event => JSON.parse(call.body.toString()) as Event;

let calls: PlannedCall[];
let events: PlannedCall[];
beforeAll(() => {
  calls = take(COUNT);
  events = calls.filter((call) => call.kind === 'event');
});

const share = (part: number): number => part / COUNT;

describe('a run', () => {
  test('is the same for the same seed, run, start and pace', () => {
    expect(take(500)).toEqual(calls.slice(0, 500));
  });

  test.each([
    ['another run', { run: 2 }],
    ['another seed', { seed: 'other' }],
  ])('has only new event ids in %s', (_, given) => {
    const ids = new Set(events.map((call) => call.eventId));
    const others = take(2000, given).filter((call) => call.kind === 'event');
    expect(others.filter((call) => ids.has(call.eventId))).toEqual([]);
  });

  test('meets the same people again in another run of the seed', () => {
    const people = (list: PlannedCall[]): Set<unknown> =>
      new Set(
        list.filter(({ kind }) => kind === 'event').map((call) => parsed(call).data['customer_id']),
      );
    const others = people(take(5000, { run: 2 }));
    const shared = [...people(calls)].filter((id) => others.has(id));
    expect(shared.length).toBeGreaterThan(others.size / 2);
  });

  test('numbers its calls from 0', () => {
    expect(calls.map(({ call }) => call)).toEqual(Array.from({ length: COUNT }, (_, at) => at));
  });
});

describe('shares', () => {
  test('2 % are duplicates, byte for byte, after their first', () => {
    const first = new Map<string | null, PlannedCall>();
    for (const call of calls) {
      if (call.kind === 'event') first.set(call.eventId, call);
      if (call.kind === 'duplicate')
        expect(call.body.equals(first.get(call.eventId)!.body)).toBe(true);
    }
    expect(share(calls.filter(({ kind }) => kind === 'duplicate').length)).toBeCloseTo(0.02, 2);
  });

  test('event ids are distinct', () => {
    expect(new Set(events.map((call) => call.eventId)).size).toBe(events.length);
  });

  test('some are rubbish', () => {
    const rubbish = share(calls.filter(({ kind }) => kind === 'rubbish').length);
    expect(rubbish).toBeGreaterThan(0.005);
    expect(rubbish).toBeLessThan(0.012);
  });

  test('every documented object type and metric of messages and people comes up', () => {
    const seen = new Set(events.map((call) => `${call.objectType}/${call.metric}`));
    const expected = {
      email:
        'drafted attempted sent delivered opened clicked converted unsubscribed bounced dropped deferred spammed failed undeliverable subscribed cio_subscription_preferences_changed',
      push: 'attempted sent delivered opened clicked bounced dropped',
      sms: 'attempted sent delivered clicked converted bounced dropped failed replied unsubscribed',
      whatsapp: 'sent delivered opened clicked bounced dropped replied',
      in_app: 'sent opened clicked undeliverable',
      slack: 'sent clicked failed',
      webhook: 'sent attempted failed',
      customer: 'subscribed unsubscribed cio_subscription_preferences_changed',
    };
    const names = Object.entries(expected).flatMap(([type, metrics]) =>
      metrics.split(' ').map((metric) => `${type}/${metric}`),
    );
    expect(names.filter((name) => !seen.has(name))).toEqual([]);
  });

  test('types and metrics nobody documented come up too', () => {
    const seen = new Set(events.map((call) => `${call.objectType}/${call.metric}`));
    expect([...seen]).toEqual(expect.arrayContaining(['inbox/sent', 'email/snoozed']));
  });

  test('machines open and click, with their flags', () => {
    const flags = new Set(events.flatMap((call) => Object.keys(parsed(call).data)));
    expect([...flags]).toEqual(
      expect.arrayContaining(['proxied', 'prefetched', 'synthetic', 'machine']),
    );
  });

  test('identifiers come in all styles', () => {
    const styles = new Set(
      events.map((call) => {
        const who = parsed(call).data['identifiers'];
        return who === undefined
          ? 'none'
          : Object.keys(who as object)
              .sort()
              .join();
      }),
    );
    expect([...styles].sort()).toEqual(['cio_id,email,id', 'email', 'email,id', 'id', 'none']);
  });
});

describe('time', () => {
  test('no event is dated after the instant it is posted, nor more than two days before', () => {
    for (const call of events) {
      const ageMs = options.baseAt + call.call * options.stepMs - parsed(call).timestamp * 1000;
      expect(ageMs).toBeGreaterThan(0);
      expect(ageMs).toBeLessThan(2 * 86_400_000);
    }
  });

  test('some are late by hours, most are fresh', () => {
    const late = events.filter(
      (call) =>
        options.baseAt + call.call * options.stepMs - parsed(call).timestamp * 1000 > 3_600_000,
    );
    expect(late.length / events.length).toBeGreaterThan(0.15);
    expect(late.length / events.length).toBeLessThan(0.45);
  });

  test('some events of a delivery are overtaken by a later one', () => {
    const latest = new Map<string, number>();
    let overtaken = 0;
    for (const call of events) {
      const { timestamp, data } = parsed(call);
      const before = latest.get(data.delivery_id ?? '') ?? 0;
      if (timestamp < before) overtaken += 1;
      else latest.set(data.delivery_id ?? '', timestamp);
    }
    expect(overtaken / events.length).toBeGreaterThan(0.01);
    expect(overtaken / events.length).toBeLessThan(0.1);
  });

  test('event ids are ULIDs minted within three seconds after the event', () => {
    for (const call of events.slice(0, 2000)) {
      const id = call.eventId!;
      expect(isValid(id)).toBe(true);
      const delay = decodeTime(id) - parsed(call).timestamp * 1000;
      expect(delay).toBeGreaterThanOrEqual(600);
      expect(delay).toBeLessThan(3300);
    }
  });
});

test('bodies are written as the sender writes them: & < > escaped, other letters as they are', () => {
  const texts = calls.map((call) => call.body.toString());
  expect(texts.some((text) => text.includes('utm_source=mail\\u0026utm_medium'))).toBe(true);
  expect(texts.some((text) => text.includes('✓'))).toBe(true);
});
