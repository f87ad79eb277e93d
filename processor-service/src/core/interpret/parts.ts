import type { Fate } from '@landed/schemas/fate';
import { classify } from '../failure/classify.ts';
import type { Classified } from '../failure/classify.ts';
import { cleanId, cleanWord } from './clean.ts';
import type { Truncated } from './clean.ts';
import { isPersonal } from './consents.ts';
import { deadLetter } from './context.ts';
import type { InterpretContext } from './context.ts';
import { NO_DEVICES, readDevices } from './devices.ts';
import type { Devices } from './devices.ts';
import { asBoolean, asText, shapeOf } from './fields.ts';
import type { JsonObject } from './fields.ts';
import { readIdentity } from './identity.ts';
import type { Identity } from './identity.ts';
import { isFailing } from './outcome-kind.ts';
import { openPayload, take } from './payload.ts';
import type { Payload } from './payload.ts';
import { readRecipient } from './recipient.ts';
import type { Recipient } from './recipient.ts';
import { readTimestamp } from './timestamp.ts';

/** The parts of a webhook, read once. */
export type Parts = {
  readonly metric: string;
  readonly objectType: string;
  readonly channel: string;
  readonly at: number;
  readonly payload: Payload;
  readonly identity: Identity;
  readonly deliveryId: string | null;
  readonly recipient: Recipient | null;
  readonly devices: Devices;
  readonly reason: string | null;
  readonly failure: Classified | null;
  readonly isMachine: boolean;
  readonly truncated: Truncated;
};

export type Envelope = { readonly metric: string; readonly at: number };

/** What a body must have to be an event at all. */
export function readEnvelope(body: JsonObject, recordedAt: number): Fate<Envelope> {
  if (body['event_type'] !== undefined && body['object_type'] === undefined) {
    return deadLetter('legacy_format', 'event_type without object_type, as before 2020');
  }
  if (asText(body['event_id']) === null) {
    return deadLetter('missing_event_id', `event_id ${shapeOf(body['event_id'])}`);
  }
  const metric = typeof body['metric'] === 'string' ? asText(body['metric']) : null;
  if (metric === null) return deadLetter('missing_metric', `metric ${shapeOf(body['metric'])}`);
  const at = readTimestamp(body['timestamp'], recordedAt);
  return at.kind === 'ok' ? { kind: 'ok', value: { metric, at: at.value } } : at;
}

function readIsMachine(metric: string, payload: Payload): boolean {
  if (metric === 'clicked') return take(payload, 'machine', asBoolean) === true;
  if (metric !== 'opened') return false;
  const { fields } = payload;
  return asBoolean(fields['prefetched']) === true || asBoolean(fields['synthetic']) === true;
}

export function readParts(context: InterpretContext, body: JsonObject, envelope: Envelope): Parts {
  const truncated: Truncated = [];
  const metric = cleanWord(context, envelope.metric);
  const objectType = cleanWord(
    context,
    asText(body['object_type']) ?? asText(body['object_type_type']) ?? '',
  );
  const payload = openPayload(body);
  const identity = readIdentity(context, payload.fields);
  const takenId = take(payload, 'delivery_id', asText);
  const deliveryId = takenId === null ? null : cleanId(context, takenId);
  const channel = isPersonal(objectType, metric, deliveryId) ? '' : objectType;
  take(payload, 'recipient', asText);
  const recipient =
    channel === '' ? null : readRecipient(context, payload.fields, channel, identity);
  const isPush = channel === 'push';
  const devices = isPush ? readDevices(context, truncated, metric, payload.fields) : NO_DEVICES;
  if (isPush) take(payload, 'recipients', (value) => (Array.isArray(value) ? true : null));
  const reason = take(payload, 'failure_message', asText);
  const failure = isFailing(metric) ? classify(channel, metric, reason ?? '') : null;
  const isMachine = readIsMachine(metric, payload);
  return {
    metric,
    objectType,
    channel,
    at: envelope.at,
    payload,
    identity,
    deliveryId,
    recipient,
    devices,
    reason,
    failure,
    isMachine,
    truncated,
  };
}
