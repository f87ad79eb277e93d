import { cleanId } from './clean.ts';
import type { InterpretContext } from './context.ts';
import { asObject, asText } from './fields.ts';
import type { JsonObject } from './fields.ts';
import type { Identity } from './identity.ts';
import { PREFERENCES_METRIC, readPreferences } from './consents.ts';

/** Fields of the envelope that are read by name. */
const ENVELOPE = new Set([
  'event_id',
  'object_type',
  'object_type_type',
  'metric',
  'timestamp',
  'data',
]);

/** Fields of `data` that are read by name, and where their values lie in a payload. */
const TAKEN = [
  'delivery_id',
  'recipient',
  'recipients',
  'failure_message',
  'machine',
  'campaign_id',
  'broadcast_id',
  'newsletter_id',
  'transactional_message_id',
  'action_id',
  'content_id',
  'journey_id',
  'trigger_id',
  'subject',
  'href',
  'link_id',
] as const;

export type TakenField = (typeof TAKEN)[number];

/** Fields whose meaning is carried over otherwise, or that are left out on purpose. */
const CARRIED = ['identifiers', 'customer_id', 'email_address', 'to', 'content'];

const CARRIED_SLOT = -1;
const SLOTS = new Map<string, number>([
  ...TAKEN.map((name, slot) => [name, slot] as const),
  ...CARRIED.map((name) => [name, CARRIED_SLOT] as const),
]);
const SLOT_OF = Object.fromEntries(SLOTS) as Readonly<Record<TakenField, number>>;

/** `data` of an event, gone through once, which remembers what was read of it. */
export type Payload = {
  readonly fields: JsonObject;
  /** Values of the fields in `TAKEN`, in that order; undefined where there is none. */
  readonly values: readonly unknown[];
  /** Names of all other fields. */
  readonly others: readonly string[];
  /** Bits of the values that were read. */
  taken: number;
};

export function openPayload(body: JsonObject): Payload {
  const fields = asObject(body['data']) ?? {};
  const values: unknown[] = new Array<unknown>(TAKEN.length).fill(undefined);
  const others: string[] = [];
  for (const name of Object.keys(fields)) {
    const slot = SLOTS.get(name);
    if (slot === undefined) others.push(name);
    else if (slot !== CARRIED_SLOT) values[slot] = fields[name];
  }
  return { fields, values, others, taken: 0 };
}

/** Reads a field; one that does not have the expected shape stays among the rest. */
export function take<T>(
  payload: Payload,
  name: TakenField,
  read: (value: unknown) => T | null,
): T | null {
  const slot = SLOT_OF[name];
  const value = payload.values[slot];
  if (value === undefined || value === null) return null;
  const result = read(value);
  if (result !== null) payload.taken |= 1 << slot;
  return result;
}

const IDENTIFIERS = new Set(['id', 'cio_id', 'email']);

/** Names in `identifiers` nobody has a column for, and the hash of the address. */
function restOfIdentifiers(fields: JsonObject, identity: Identity): JsonObject | null {
  const identifiers = asObject(fields['identifiers']) ?? {};
  const entries: [string, unknown][] = [];
  for (const name of Object.keys(identifiers)) {
    if (!IDENTIFIERS.has(name)) entries.push([name, identifiers[name]]);
  }
  if (asText(identifiers['email']) !== null) entries.push(['email_hash', identity.emailHash]);
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/** Identifying fields that are not what the outcome already says, hashed where they are addresses. */
function addCarried(
  context: InterpretContext,
  fields: JsonObject,
  identity: Identity,
  rest: Map<string, unknown>,
): void {
  const identifiers = restOfIdentifiers(fields, identity);
  if (identifiers !== null) rest.set('identifiers', identifiers);
  const customerId = asText(fields['customer_id']);
  const known = customerId === null ? null : cleanId(context, customerId);
  if (known !== null && known !== identity.customerId) rest.set('customer_id', known);
  const email = asText(fields['email_address']);
  if (email !== null && email !== identity.email) {
    rest.set('email_address_hash', context.hashAddress(email));
  }
  const to = asText(fields['to']);
  if (to !== null) rest.set('to_hash', context.hashAddress(to));
}

/** Every field that has no column of its own, by name, for the metadata. */
export function restOf(
  context: InterpretContext,
  body: JsonObject,
  payload: Payload,
  metric: string,
  identity: Identity,
): ReadonlyMap<string, unknown> {
  const rest = new Map<string, unknown>();
  const { fields, values, others, taken } = payload;
  for (const name of others) rest.set(name, fields[name]);
  for (let slot = 0; slot < TAKEN.length; slot += 1) {
    const name = TAKEN[slot];
    if (name === undefined || values[slot] === undefined || (taken & (1 << slot)) !== 0) continue;
    rest.set(name, values[slot]);
  }
  addCarried(context, fields, identity, rest);
  if (metric === PREFERENCES_METRIC) {
    const preferences = readPreferences(fields['content']);
    if (preferences !== null) rest.set('preferences', preferences);
  }
  for (const name of Object.keys(body)) {
    if (!ENVELOPE.has(name) && !rest.has(name)) rest.set(name, body[name]);
  }
  if (body['data'] !== undefined && asObject(body['data']) === null) rest.set('data', body['data']);
  return rest;
}
