import type { EventIdentifiers } from '../event.ts';
import { cleanId } from './clean.ts';
import type { InterpretContext } from './context.ts';
import { asObject, asText } from './fields.ts';
import type { JsonObject } from './fields.ts';

/** Who an event is about, and the plain address, which is hashed before it goes anywhere. */
export type Identity = EventIdentifiers & {
  readonly email: string | null;
};

/**
 * `identifiers` rules; the deprecated `customer_id` and the address of a customer event fill what it
 * leaves open.
 */
export function readIdentity(context: InterpretContext, payload: JsonObject): Identity {
  const identifiers = asObject(payload['identifiers']) ?? {};
  const id = asText(identifiers['id']) ?? asText(payload['customer_id']);
  const cioId = asText(identifiers['cio_id']);
  const email = asText(identifiers['email']) ?? asText(payload['email_address']);
  return {
    customerId: id === null ? null : cleanId(context, id),
    cioId: cioId === null ? null : cleanId(context, cioId),
    emailHash: email === null ? null : context.hashAddress(email),
    email,
  };
}
