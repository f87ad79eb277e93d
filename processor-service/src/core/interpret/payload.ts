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

/** Fields of `data` whose meaning is carried over otherwise, or that are left out on purpose. */
const CARRIED = new Set(['identifiers', 'customer_id', 'email_address', 'to', 'content']);

/** `data` of an event, which remembers what was read of it. */
export type Payload = {
  readonly fields: JsonObject;
  /** Reads a field; one that does not have the expected shape stays among the rest. */
  readonly take: <T>(name: string, read: (value: unknown) => T | null) => T | null;
  readonly taken: ReadonlySet<string>;
};

export function openPayload(body: JsonObject): Payload {
  const fields = asObject(body['data']) ?? {};
  const taken = new Set<string>();
  return {
    fields,
    take: (name, read) => {
      const value = fields[name];
      if (value === undefined || value === null) return null;
      const result = read(value);
      if (result !== null) taken.add(name);
      return result;
    },
    taken,
  };
}

const IDENTIFIERS = new Set(['id', 'cio_id', 'email']);

/** Names in `identifiers` nobody has a column for, and the hash of the address. */
function restOfIdentifiers(fields: JsonObject, identity: Identity): JsonObject | null {
  const identifiers = asObject(fields['identifiers']) ?? {};
  const entries = Object.entries(identifiers).filter(([name]) => !IDENTIFIERS.has(name));
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
  const { fields, taken } = payload;
  for (const name in fields) {
    if (!taken.has(name) && !CARRIED.has(name)) rest.set(name, fields[name]);
  }
  addCarried(context, fields, identity, rest);
  if (metric === PREFERENCES_METRIC) {
    const preferences = readPreferences(fields['content']);
    if (preferences !== null) rest.set('preferences', preferences);
  }
  for (const name in body) {
    if (!ENVELOPE.has(name) && !rest.has(name)) rest.set(name, body[name]);
  }
  if (body['data'] !== undefined && asObject(body['data']) === null) rest.set('data', body['data']);
  return rest;
}
