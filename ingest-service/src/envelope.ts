import type { DeadLetterReason } from '@landed/schemas/fate';
import { profileKey, safeId } from '@landed/schemas/key';
import type { Identity } from '@landed/schemas/key';

/** What an authentic body is: an event to store under its person's key, or something unusable. */
export type Envelope =
  | {
      readonly kind: 'event';
      readonly eventId: string;
      readonly key: string;
      /** '' where there is none. */
      readonly objectType: string;
      /** ms */
      readonly occurredAt: number;
    }
  | {
      readonly kind: 'unusable';
      readonly reason: DeadLetterReason;
      /** One sentence for people: names the field and the shape of its value, never the value. */
      readonly detail: string;
      /** Profile key, when the body still says whom it is about. */
      readonly key: string | null;
      /** '' when there is none. */
      readonly eventId: string;
    };

/** Deeper nesting than any payload has; readers further on walk values recursively. */
export const DEPTH_MAX = 32;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const DIGITS = /^[0-9]{1,15}$/;

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a parsed value nests deeper than `levels`. Stops as soon as it does. */
function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const name in value) {
    const part = (value as JsonObject)[name];
    if (typeof part === 'object' && isDeeperThan(part, levels - 1)) return true;
  }
  return false;
}

/** An identifier as text: a non-empty string, or a whole number as some old payloads have it. */
function idText(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : null;
}

/**
 * Who a payload is about. `identifiers` rules; the deprecated `customer_id` and the address of a
 * customer event are asked only when it names nobody. A recipient is where a message went, not who
 * it was for, so it never makes a key.
 */
function identityOf(payload: JsonObject, eventId: string): Identity {
  const data = isObject(payload['data']) ? payload['data'] : {};
  const identifiers = isObject(data['identifiers']) ? data['identifiers'] : {};
  const cioId = idText(identifiers['cio_id']);
  const id = idText(identifiers['id']);
  const email = idText(identifiers['email']);
  const deliveryId = idText(data['delivery_id']);
  if (cioId !== null || id !== null || email !== null) {
    return { cioId, id, email, deliveryId, eventId };
  }
  return {
    cioId: null,
    id: idText(data['customer_id']),
    email: idText(data['email_address']),
    deliveryId,
    eventId,
  };
}

const isNobody = ({ cioId, id, email, deliveryId, eventId }: Identity): boolean =>
  cioId === null && id === null && email === null && deliveryId === null && eventId === '';

/** Seconds as a whole number, or as text of digits: what the reader of stored events takes too. */
function isUsableTimestamp(value: unknown): boolean {
  if (typeof value === 'string') return DIGITS.test(value);
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** The kind of a value, for a sentence that must not show the value. */
function shapeOf(value: unknown): string {
  if (value === undefined) return 'is missing';
  if (value === null) return 'is null';
  if (Array.isArray(value)) return 'is an array';
  if (typeof value === 'string') return value === '' ? 'is empty' : 'is text';
  return typeof value === 'object' ? 'is an object' : `is a ${typeof value}`;
}

type Flaw = { readonly reason: DeadLetterReason; readonly detail: string };

function findFlaw(payload: JsonObject): Flaw | null {
  const { event_id: eventId, metric, timestamp } = payload;
  if (payload['event_type'] !== undefined && payload['object_type'] === undefined) {
    return { reason: 'legacy_format', detail: 'event_type without object_type, as before 2020' };
  }
  if (typeof eventId !== 'string' || eventId === '') {
    return { reason: 'missing_event_id', detail: `event_id ${shapeOf(eventId)}` };
  }
  if (typeof metric !== 'string' || metric === '') {
    return { reason: 'missing_metric', detail: `metric ${shapeOf(metric)}` };
  }
  if (!isUsableTimestamp(timestamp)) {
    return { reason: 'missing_timestamp', detail: `timestamp ${shapeOf(timestamp)}` };
  }
  return null;
}

const unusable = (reason: DeadLetterReason, detail: string): Envelope => ({
  kind: 'unusable',
  reason,
  detail,
  key: null,
  eventId: '',
});

function parse(body: Uint8Array): { readonly value: unknown } | Envelope {
  let text: string;
  try {
    text = decoder.decode(body);
  } catch {
    return unusable('not_utf8', `${body.length} bytes are not UTF-8`);
  }
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    // The parser's message quotes the body, so it goes nowhere.
    return unusable('not_json', `${body.length} bytes are not JSON`);
  }
}

/**
 * Reads what ingest must know of an authentic body: that it is an event, its id and whom it is
 * about. Everything else, unknown types and metrics included, is for the readers of the raw topic.
 *
 * @param body bytes as received
 * @param hashAddress keyed hash; no address ends up in a key
 */
export function readEnvelope(
  body: Uint8Array,
  workspace: string,
  hashAddress: (address: string) => string,
): Envelope {
  const parsed = parse(body);
  if ('kind' in parsed) return parsed;
  const payload = parsed.value;
  if (!isObject(payload)) return unusable('not_object', `the body ${shapeOf(payload)}`);
  if (isDeeperThan(payload, DEPTH_MAX)) {
    return unusable('too_deep', `nested deeper than ${DEPTH_MAX} levels`);
  }
  const flaw = findFlaw(payload);
  const given = payload['event_id'];
  const eventId = typeof given === 'string' && given !== '' ? safeId(given, hashAddress) : '';
  const identity = identityOf(payload, eventId);
  if (flaw === null) {
    const { object_type: objectType, timestamp } = payload;
    return {
      kind: 'event',
      eventId,
      key: profileKey(workspace, identity, hashAddress),
      objectType: typeof objectType === 'string' ? objectType : '',
      occurredAt: Number(timestamp) * 1000,
    };
  }
  const key = isNobody(identity) ? null : profileKey(workspace, identity, hashAddress);
  return { kind: 'unusable', reason: flaw.reason, detail: flaw.detail, key, eventId };
}
