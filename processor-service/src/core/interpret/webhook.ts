import type { MessageOutcome } from '@landed/schemas/events.gen';
import type { Fate } from '@landed/schemas/fate';
import { isChannel } from '../event.ts';
import type { ConsentChange, CoreEvent, Target } from '../event.ts';
import { RULES_VERSION } from '../failure/classify.ts';
import { mailboxProvider } from '../mailbox-provider.ts';
import { cleanId, cleanText } from './clean.ts';
import { readConsents } from './consents.ts';
import { deadLetter } from './context.ts';
import type { InterpretContext } from './context.ts';
import { asInteger, asObject, asText, shapeOf } from './fields.ts';
import type { JsonObject } from './fields.ts';
import { LIMITS } from '../bounds.ts';
import { writeMetadata } from './metadata.ts';
import { outcomeKind } from './outcome-kind.ts';
import { readEnvelope, readParts } from './parts.ts';
import type { Parts } from './parts.ts';
import { restOf, take } from './payload.ts';
import type { TakenField } from './payload.ts';

/** An event as published, as folded, and the plain address it went to (mail only, never stored). */
export type Interpreted = {
  readonly outcome: MessageOutcome;
  readonly event: CoreEvent;
  readonly emailAddress: string | null;
};

type FailureFields = Pick<
  MessageOutcome,
  | 'failure_class'
  | 'failure_kind'
  | 'failure_code'
  | 'failure_provider'
  | 'failure_reason'
  | 'failure_rule'
  | 'failure_confidence'
>;

export const NO_FAILURE: FailureFields = {
  failure_class: null,
  failure_kind: null,
  failure_code: null,
  failure_provider: null,
  failure_reason: null,
  failure_rule: null,
  failure_confidence: null,
};

function failureFields(context: InterpretContext, parts: Parts): FailureFields {
  const { truncated, devices, reason } = parts;
  if (reason === null && parts.failure === null && devices.outcomes.length === 0) return NO_FAILURE;
  const failedDevice = devices.outcomes.find((device) => device.failure_class !== null);
  const failure = failedDevice === undefined ? parts.failure : null;
  const text =
    reason === null ? null : cleanText(context, truncated, 'failure_message', reason, LIMITS.text);
  const target = devices.targets.find(({ failure: read }) => read !== null)?.failure;
  return {
    failure_class: failedDevice?.failure_class ?? failure?.class ?? null,
    failure_kind: failedDevice?.failure_kind ?? failure?.kind ?? null,
    failure_code: failure?.code ?? null,
    failure_provider: failure?.provider ?? null,
    failure_reason: text ?? failedDevice?.failure_reason ?? null,
    failure_rule: target?.rule ?? failure?.rule ?? null,
    failure_confidence: failure?.confidence ?? null,
  };
}

function textField(
  context: InterpretContext,
  { payload, truncated }: Parts,
  name: TakenField,
  charsMax: number,
): string | null {
  const text = take(payload, name, asText);
  return text === null ? null : cleanText(context, truncated, name, text, charsMax);
}

function idField(context: InterpretContext, { payload }: Parts, name: TakenField): string | null {
  const id = take(payload, name, asText);
  return id === null ? null : cleanId(context, id);
}

function outcomeOf(context: InterpretContext, body: JsonObject, parts: Parts): MessageOutcome {
  const { metric, identity, recipient, truncated, payload } = parts;
  const whole = (name: TakenField): number | null => take(payload, name, asInteger);
  const failure = failureFields(context, parts);
  return {
    workspace: context.workspace,
    event_id: context.eventId,
    profile_id: context.profileKey,
    customer_id: identity.customerId,
    cio_id: identity.cioId,
    kind: outcomeKind(metric),
    metric,
    object_type: parts.objectType,
    channel: parts.channel,
    occurred_at: parts.at,
    received_at: context.receivedAt,
    recorded_at: context.recordedAt,
    delivery_id: parts.deliveryId,
    campaign_id: whole('campaign_id'),
    broadcast_id: whole('broadcast_id'),
    newsletter_id: whole('newsletter_id'),
    transactional_message_id: idField(context, parts, 'transactional_message_id'),
    action_id: whole('action_id'),
    content_id: whole('content_id'),
    journey_id: idField(context, parts, 'journey_id'),
    trigger_id: whole('trigger_id'),
    subject: textField(context, parts, 'subject', LIMITS.text),
    link_url: textField(context, parts, 'href', LIMITS.linkUrl),
    link_id: whole('link_id'),
    recipient_hash: recipient?.hash ?? null,
    recipient_domain: recipient?.domain ?? null,
    mailbox_provider: mailboxProvider(recipient?.domain ?? null),
    failure_class: failure.failure_class,
    failure_kind: failure.failure_kind,
    failure_code: failure.failure_code,
    failure_provider: failure.failure_provider,
    failure_reason: failure.failure_reason,
    failure_rule: failure.failure_rule,
    failure_confidence: failure.failure_confidence,
    is_machine: parts.isMachine,
    rules_version: RULES_VERSION,
    devices: [...parts.devices.outcomes],
    effect: 'none',
    // After all that is read by name: what was not is the rest.
    metadata: writeMetadata(context, truncated, restOf(context, body, payload, metric, identity)),
    truncated_fields: truncated,
    raw_partition: context.rawPartition,
    raw_offset: Number(context.rawOffset),
  };
}

/** Metrics that make or change a delivery: without an id of their own they stand for themselves. */
const WEIGHING = new Set(['delivered', 'bounced', 'clicked', 'failed', 'attempted']);

function deliveryOf(context: InterpretContext, parts: Parts): string | null {
  if (parts.channel === '') return null;
  if (parts.deliveryId !== null) return parts.deliveryId;
  const isOwn = isChannel(parts.channel) && WEIGHING.has(parts.metric);
  return isOwn ? `event:${context.eventId}` : null;
}

function targetsOf({ channel, devices, recipient, failure }: Parts): readonly Target[] {
  if (channel === 'push') return devices.targets;
  if (!isChannel(channel)) return [];
  const read =
    failure === null ? null : { cls: failure.class, kind: failure.kind, rule: failure.rule };
  return [{ to: recipient?.hash ?? '', failure: read }];
}

function consentsOf(parts: Parts): readonly ConsentChange[] {
  const { channel, failure } = parts;
  if (failure?.class === 'consent' && isChannel(channel)) {
    return [{ layer: channel, isOn: false }];
  }
  return readConsents(parts.metric, parts.payload.fields);
}

function eventOf(context: InterpretContext, parts: Parts): CoreEvent {
  const { customerId, cioId, emailHash } = parts.identity;
  return {
    eventId: context.eventId,
    ts: parts.at,
    receivedAt: context.recordedAt,
    channel: parts.channel,
    metric: parts.metric,
    order: null,
    deliveryId: deliveryOf(context, parts),
    targets: targetsOf(parts),
    isMachine: parts.isMachine,
    consents: consentsOf(parts),
    identifiers: { customerId, cioId, emailHash },
  };
}

/** Reads one webhook of Customer.io: customerio.com's reporting webhook payload, any metric. */
export function interpretWebhook(context: InterpretContext, body: unknown): Fate<Interpreted> {
  const object = asObject(body);
  if (object === null) return deadLetter('not_object', `the body ${shapeOf(body)}`);
  const envelope = readEnvelope(object, context.recordedAt);
  if (envelope.kind !== 'ok') return envelope;
  const parts = readParts(context, object, envelope.value);
  const { channel, recipient } = parts;
  return {
    kind: 'ok',
    value: {
      outcome: outcomeOf(context, object, parts),
      event: eventOf(context, parts),
      emailAddress: channel === 'email' ? (recipient?.address ?? null) : null,
    },
  };
}
