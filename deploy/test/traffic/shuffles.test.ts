import { createAddressHasher } from '@landed/schemas/address-hash';
import { maskAddresses } from '@landed/schemas/mask';
import { beforeAll, describe, expect, test } from 'vitest';
import { readEnvelope } from '../../../ingest-service/src/envelope.ts';
import {
  encodeDeliveryState,
  encodeProfileState,
} from '../../../processor-service/src/core/codec.ts';
import type { CoreEvent } from '../../../processor-service/src/core/event.ts';
import { fold } from '../../../processor-service/src/core/fold.ts';
import { interpret } from '../../../processor-service/src/core/interpret.ts';
import { emptyPerson } from '../../../processor-service/src/core/person.ts';
import type { PersonState } from '../../../processor-service/src/core/person.ts';
import { view } from '../../../processor-service/src/core/view.ts';
import { planCalls } from '../../traffic/plan.ts';
import { createRandom } from '../../traffic/random.ts';

const BASE_AT = 1_793_000_000_000;
/** One call a minute: the run spans two days, so days turn over and ladders move. */
const STEP_MS = 60_000;
const CALLS = 3000;
const SHUFFLES = 10;
const NOW = BASE_AT + CALLS * STEP_MS + 3_600_000;

const { hash } = createAddressHasher(Buffer.from('hash-key-of-the-shuffles-test-0001'));

type Received = { readonly key: string; readonly event: CoreEvent };

/** The events of a run as the score role folds them: each with its own receipt. */
function receivedEvents(): Received[] {
  const calls = planCalls({ seed: 'shuffles', run: 1, baseAt: BASE_AT, stepMs: STEP_MS });
  const firstReceipts = new Map<string, number>();
  return Array.from({ length: CALLS }, () => calls.next().value).flatMap((call) => {
    if (call.kind === 'rubbish' || call.eventId === null) return [];
    // A repetition is the same event again: what is known of it is the same, its receipt too.
    const arrivedAt = BASE_AT + call.call * STEP_MS;
    const receivedAt = firstReceipts.get(call.eventId) ?? arrivedAt;
    firstReceipts.set(call.eventId, receivedAt);
    const envelope = readEnvelope(call.body, 'acme', hash);
    if (envelope.kind !== 'event') throw new Error(`${call.objectType}: ${envelope.reason}`);
    const { key, eventId } = envelope;
    const fate = interpret(
      { kind: 'webhook', body: JSON.parse(call.body.toString()) as unknown },
      {
        workspace: 'acme',
        eventId,
        profileKey: key,
        receivedAt,
        recordedAt: receivedAt,
        hashAddress: hash,
        maskAddresses,
        rawPartition: 0,
        rawOffset: call.call,
      },
    );
    if (fate.kind !== 'ok') throw new Error(`${call.objectType}/${call.metric}: ${fate.kind}`);
    return [{ key, event: fate.value.event }];
  });
}

/** Fisher-Yates, by a seed. */
function shuffled<T>(list: readonly T[], seed: string): T[] {
  const random = createRandom(seed);
  const out = [...list];
  for (let at = out.length - 1; at > 0; at -= 1) {
    const other = random.integer(0, at);
    [out[at], out[other]] = [out[other] as T, out[at] as T];
  }
  return out;
}

function foldAll(received: readonly Received[]): ReadonlyMap<string, PersonState> {
  const people = new Map<string, PersonState>();
  for (const { key, event } of received) {
    people.set(key, fold(people.get(key) ?? emptyPerson(), event).person);
  }
  return people;
}

/** State as it is stored, in hex, by person and delivery. */
function stateBytes(people: ReadonlyMap<string, PersonState>): Record<string, string> {
  const bytes: [string, string][] = [];
  for (const [key, { profile, deliveries }] of people) {
    bytes.push([key, encodeProfileState(profile).toString('hex')]);
    for (const delivery of deliveries) {
      bytes.push([`${key}#${delivery.deliveryId}`, encodeDeliveryState(delivery).toString('hex')]);
    }
  }
  return Object.fromEntries(bytes.sort(([one], [other]) => (one < other ? -1 : 1)));
}

const viewsOf = (people: ReadonlyMap<string, PersonState>): Record<string, unknown> =>
  Object.fromEntries([...people].map(([key, person]) => [key, view(person, NOW)]));

describe('shuffles of one run, with its duplicates', () => {
  let received: Received[];
  let state: Record<string, string>;
  let views: Record<string, unknown>;
  beforeAll(() => {
    received = receivedEvents();
    const people = foldAll(received);
    state = stateBytes(people);
    views = viewsOf(people);
  });

  test('the run is worth shuffling: many people, some suppressed, some engaged', () => {
    const bands = Object.values(views).map(
      (one) => (one as { email: { band: string } }).email.band,
    );
    expect(bands.length).toBeGreaterThan(300);
    expect(new Set(bands).size).toBeGreaterThanOrEqual(3);
    expect(bands).toContain('suppressed');
    expect(received.length).toBeGreaterThan(
      new Set(received.map(({ event }) => event.eventId)).size,
    );
  });

  test.each(Array.from({ length: SHUFFLES }, (_, number) => number))(
    'shuffle %i gives the same bytes of state and the same views',
    (number) => {
      const people = foldAll(shuffled(received, `shuffle-${number}`));
      expect(stateBytes(people)).toEqual(state);
      expect(viewsOf(people)).toEqual(views);
    },
  );

  test('every event twice, in any order, changes nothing', () => {
    const people = foldAll(shuffled([...received, ...received], 'twice'));
    expect(stateBytes(people)).toEqual(state);
  });

  test('a missing event does change the state: the comparison is not blind', () => {
    const without = received.filter((_, at) => at !== 10);
    const { eventId } = received[10]!.event;
    const people = foldAll(without.filter(({ event }) => event.eventId !== eventId));
    expect(stateBytes(people)).not.toEqual(state);
  });
});
