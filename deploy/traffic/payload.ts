import type { Person } from './people.ts';
import type { Random } from './random.ts';

export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** One event as Customer.io states it. `occurredAt` in ms; the payload has whole seconds. */
export type Payload = {
  readonly eventId: string;
  readonly objectType: string;
  readonly metric: string;
  readonly occurredAt: number;
  readonly data: JsonObject;
  /** Preference events name the field `object_type_type`, in the sender's own schema. */
  readonly typeField?: 'object_type' | 'object_type_type';
};

/**
 * JSON as Go's encoder writes it: `&`, `<` and `>` as `\u0026`, `\u003c`, `\u003e`. A receiver
 * that parses and writes again before it checks the signature gets other bytes.
 */
export function goJson(value: Json): string {
  const escapes: Readonly<Record<string, string>> = {
    '&': '\\u0026',
    '<': '\\u003c',
    '>': '\\u003e',
  };
  return JSON.stringify(value).replace(/[&<>]/g, (sign) => escapes[sign] ?? sign);
}

/** The envelope of one event, one JSON object. */
export function payloadBody(payload: Payload): Buffer {
  const { eventId, objectType, metric, occurredAt, data, typeField = 'object_type' } = payload;
  return Buffer.from(
    goJson({
      data,
      event_id: eventId,
      [typeField]: objectType,
      metric,
      timestamp: Math.floor(occurredAt / 1000),
    }),
  );
}

const DELIVERY_ID = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';

/** A delivery id: base64url, sometimes still padded. */
export function deliveryId(random: Random): string {
  return `dg${random.text(20, DELIVERY_ID)}${random.chance(0.3) ? '==' : ''}`;
}

/** Who it is about. The deprecated `customer_id` still comes along where there is an id. */
export function identityOf(person: Person): JsonObject {
  const { identifiers } = person;
  if (identifiers === undefined) return {};
  const stated: JsonObject = { identifiers: { ...identifiers } };
  return typeof identifiers.id === 'string' ? { ...stated, customer_id: identifiers.id } : stated;
}

type Source = {
  readonly context: (random: Random) => JsonObject;
  readonly subjects: readonly string[];
};

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const campaign = (id: number, actionId: number, subjects: readonly string[]): Source => ({
  subjects,
  context: (random) => ({
    campaign_id: id,
    action_id: actionId + random.integer(0, 2),
    journey_id: `01K${random.text(23, CROCKFORD)}`,
    parent_action_id: actionId - 1,
    trigger_event_id: random.chance(0.4) ? null : `01K${random.text(23, CROCKFORD)}`,
  }),
});

const broadcast = (id: number, actionId: number, subjects: readonly string[]): Source => ({
  subjects,
  context: (random) => ({
    broadcast_id: id,
    // Real broadcasts come without their trigger now and then.
    ...(random.chance(0.9) ? { trigger_id: 200 + random.integer(0, 40) } : {}),
    action_id: actionId,
  }),
});

const newsletter = (id: number, contentId: number, subjects: readonly string[]): Source => ({
  subjects,
  context: (random) => ({ newsletter_id: id, content_id: contentId + random.integer(0, 1) }),
});

const transactional = (id: number | string, subjects: readonly string[]): Source => ({
  subjects,
  context: () => ({ transactional_message_id: id }),
});

/** What the shop sends. Campaigns and newsletters make most of it. */
const SOURCES = {
  welcome: campaign(31, 502, ['Willkommen bei Nordlicht', 'Your first order: 10 % off']),
  cart: campaign(34, 540, ['Your cart is waiting', 'Noch da? Dein Warenkorb & wir']),
  winback: campaign(40, 700, ['We miss you', 'It has been a while … <3']),
  restock: broadcast(7, 61, ['Back in stock: the grey one']),
  sale: newsletter(88, 140, ['Summer sale – up to 40 %', 'Nur heute: Versand frei ✓']),
  news: newsletter(91, 160, ['What is new in November']),
  order: transactional(12, ['Order 4711 is on its way', 'Your receipt']),
  signIn: transactional('sign_in_link', ['Your sign-in link']),
} as const satisfies Record<string, Source>;

const SHARES: Readonly<Record<keyof typeof SOURCES, number>> = {
  welcome: 14,
  cart: 16,
  winback: 8,
  restock: 5,
  sale: 30,
  news: 14,
  order: 10,
  signIn: 3,
};

const LINKS = [
  'https://shop.example/p/4711?utm_source=mail&utm_medium=email',
  'https://shop.example/cart?a=1&b=2',
  'https://shop.example/sale',
  'https://shop.example/account/orders?order=4711',
] as const;

/** One message to one person: what all its events repeat. */
export type Message = {
  readonly person: Person;
  readonly deliveryId: string;
  /** Context block, delivery id and identity. */
  readonly base: JsonObject;
  readonly subject: string;
};

/** A new message to a person. */
export function messageTo(random: Random, person: Person): Message {
  const source: Source = SOURCES[random.weighted(SHARES)];
  const id = deliveryId(random);
  return {
    person,
    deliveryId: id,
    base: { ...source.context(random), delivery_id: id, ...identityOf(person) },
    subject: random.pick(source.subjects),
  };
}

/** A link somebody clicked and its number within the message. */
export function clickedLink(random: Random): JsonObject {
  const at = random.integer(0, LINKS.length - 1);
  return { href: LINKS[at] ?? LINKS[0], link_id: at + 1 };
}
