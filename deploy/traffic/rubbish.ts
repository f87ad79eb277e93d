import { eventId } from './event-id.ts';
import { goJson, messageTo } from './payload.ts';
import type { JsonObject } from './payload.ts';
import type { Person } from './people.ts';
import type { Random } from './random.ts';

/** An authentic body that is no usable event. */
export type Rubbish = {
  readonly body: Buffer;
  readonly eventId: string | null;
  readonly objectType: string | null;
  readonly metric: string | null;
};

const HOUR_S = 3600;
const DAY_S = 86_400;

const SHARES = {
  notJson: 14,
  cutOff: 8,
  notUtf8: 4,
  empty: 4,
  array: 14,
  scalar: 6,
  noEventId: 12,
  noMetric: 12,
  badTimestamp: 12,
  legacy: 10,
  future: 2,
  ancient: 2,
} as const;

export type RubbishKind = keyof typeof SHARES;

/** A sound event, to spoil. */
function soundEvent(random: Random, person: Person, at: number): JsonObject & { event_id: string } {
  const message = messageTo(random, person);
  return {
    data: { ...message.base, recipient: person.email, subject: message.subject },
    event_id: eventId(random, at),
    object_type: 'email',
    metric: 'sent',
    timestamp: Math.floor(at / 1000),
  };
}

function without(event: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(event).filter(([name]) => !names.includes(name)));
}

/** The format of before 2020, which nobody sends any more. */
function legacy(event: JsonObject & { event_id: string }, person: Person): JsonObject {
  return {
    event_type: 'email_opened',
    event_id: event.event_id,
    timestamp: event['timestamp'] ?? 0,
    data: {
      email_id: `old-${person.number}`,
      campaign_id: '31',
      campaign_name: 'Welcome',
      email_address: `Kim <${person.email}>`,
      variables: { customer: { id: String(person.number) } },
    },
  };
}

/** One spoilt body of a kind. `at` in ms: when it is sent, about. */
export function rubbishOf(random: Random, kind: RubbishKind, person: Person, at: number): Rubbish {
  const event = soundEvent(random, person, at);
  const seconds = Math.floor(at / 1000);
  const nothing = { eventId: null, objectType: null, metric: null };
  const named = { eventId: event.event_id, objectType: 'email', metric: 'sent' };
  const json = goJson(event);
  switch (kind) {
    case 'notJson':
      return { ...nothing, body: Buffer.from(`<html><body>Error ${random.text(8, '0123456789')}`) };
    case 'cutOff':
      return { ...nothing, body: Buffer.from(json.slice(0, random.integer(20, json.length - 1))) };
    case 'notUtf8':
      return {
        ...nothing,
        body: Buffer.concat([
          Buffer.from('{"subject":"'),
          Buffer.from([0xc3, 0x28]),
          Buffer.from(`${json}"}`),
        ]),
      };
    case 'empty':
      return { ...nothing, body: Buffer.alloc(0) };
    case 'array':
      return { ...nothing, body: Buffer.from(`[${json}]`) };
    case 'scalar':
      return { ...nothing, body: Buffer.from(`"ping ${random.integer(1, 1e9)}"`) };
    case 'noEventId':
      return { ...named, eventId: null, body: Buffer.from(goJson(without(event, 'event_id'))) };
    case 'noMetric':
      return { ...named, metric: null, body: Buffer.from(goJson(without(event, 'metric'))) };
    case 'badTimestamp':
      return {
        ...named,
        body: Buffer.from(
          goJson({ ...event, timestamp: random.pick(['yesterday', null, -1, {}]) }),
        ),
      };
    case 'legacy':
      return {
        ...named,
        objectType: null,
        metric: null,
        body: Buffer.from(goJson(legacy(event, person))),
      };
    case 'future':
      return { ...named, body: Buffer.from(goJson({ ...event, timestamp: seconds + 5 * HOUR_S })) };
    case 'ancient':
      return {
        ...named,
        body: Buffer.from(goJson({ ...event, timestamp: seconds - 430 * DAY_S })),
      };
  }
}

/** Rubbish of some kind. */
export function rubbish(random: Random, person: Person, at: number): Rubbish {
  return rubbishOf(random, random.weighted(SHARES), person, at);
}

export const RUBBISH_KINDS = Object.keys(SHARES) as readonly RubbishKind[];
