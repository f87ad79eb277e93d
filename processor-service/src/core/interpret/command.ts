import type { MessageOutcome } from '@landed/schemas/events.gen';
import type { Fate } from '@landed/schemas/fate';
import { isChannel } from '../event.ts';
import type { ConsentChange, CoreEvent } from '../event.ts';
import { RULES_VERSION } from '../failure/classify.ts';
import { ACTIVITIES } from '../activity.ts';
import { deadLetter } from './context.ts';
import type { InterpretContext } from './context.ts';
import { asInteger, asObject, shapeOf } from './fields.ts';
import type { JsonObject } from './fields.ts';
import { readIdentity } from './identity.ts';
import type { Identity } from './identity.ts';
import { checkInstant } from './timestamp.ts';
import { NO_FAILURE } from './webhook.ts';
import type { Interpreted } from './webhook.ts';

/**
 * A command as it stands in the raw topic: `{command, occurred_at, channel?, consent?, activity?,
 * identifiers?}`, `occurred_at` in ms. Commands are events: they merge like all others.
 */
type Command = {
  /** Our word for it, as in outcomes. */
  readonly kind: 'consent' | 'reinstated' | 'activity';
  /** Its name, or the activity's. */
  readonly metric: string;
  readonly order: CoreEvent['order'];
  readonly channel: string;
  readonly consents: readonly ConsentChange[];
  readonly metadata: Readonly<Record<string, string>>;
};

function readConsent(body: JsonObject): Fate<Command> {
  const { channel, consent } = body;
  if (consent !== 'on' && consent !== 'off') {
    return deadLetter('bad_command', `consent ${shapeOf(consent)}, neither on nor off`);
  }
  const isAll = channel === undefined || channel === null;
  if (!isAll && (typeof channel !== 'string' || !isChannel(channel))) {
    return deadLetter('bad_command', `channel ${shapeOf(channel)}, none with consent`);
  }
  const layer = isAll ? 'profile' : channel;
  const value: Command = {
    kind: 'consent',
    metric: 'consent',
    order: null,
    channel: isAll ? '' : channel,
    consents: [{ layer, isOn: consent === 'on' }],
    metadata: { consent },
  };
  return { kind: 'ok', value };
}

function readActivity(body: JsonObject): Fate<Command> {
  const activity = ACTIVITIES.find((name) => name === body['activity']);
  if (activity === undefined) {
    return deadLetter('bad_command', `activity ${shapeOf(body['activity'])}, not a known one`);
  }
  const metadata = { activity };
  const value: Command = {
    kind: 'activity',
    metric: activity,
    order: 'engage',
    channel: '',
    consents: [],
    metadata,
  };
  return { kind: 'ok', value };
}

function readCommand(body: JsonObject): Fate<Command> {
  const { command } = body;
  if (command === 'consent') return readConsent(body);
  if (command === 'activity') return readActivity(body);
  if (command === 'reinstate') {
    const value: Command = {
      kind: 'reinstated',
      metric: 'reinstate',
      order: 'reinstate',
      channel: '',
      consents: [],
      metadata: {},
    };
    return { kind: 'ok', value };
  }
  return deadLetter('bad_command', `command ${shapeOf(command)}, not a known one`);
}

function outcomeOf(
  context: InterpretContext,
  command: Command,
  identity: Identity,
  at: number,
): MessageOutcome {
  return {
    workspace: context.workspace,
    event_id: context.eventId,
    profile_id: context.profileKey,
    customer_id: identity.customerId,
    cio_id: identity.cioId,
    kind: command.kind,
    metric: command.metric,
    object_type: 'command',
    channel: command.channel,
    occurred_at: at,
    received_at: context.receivedAt,
    recorded_at: context.recordedAt,
    delivery_id: null,
    campaign_id: null,
    broadcast_id: null,
    newsletter_id: null,
    transactional_message_id: null,
    action_id: null,
    content_id: null,
    journey_id: null,
    trigger_id: null,
    recipient_hash: null,
    recipient_domain: null,
    mailbox_provider: null,
    is_machine: false,
    subject: null,
    link_url: null,
    link_id: null,
    ...NO_FAILURE,
    rules_version: RULES_VERSION,
    devices: [],
    effect: 'none',
    metadata: JSON.stringify(command.metadata),
    truncated_fields: [],
    raw_partition: context.rawPartition,
    raw_offset: Number(context.rawOffset),
  };
}

function eventOf(
  context: InterpretContext,
  command: Command,
  identity: Identity,
  at: number,
): CoreEvent {
  const { customerId, cioId, emailHash } = identity;
  return {
    eventId: context.eventId,
    ts: at,
    receivedAt: context.recordedAt,
    channel: command.channel,
    metric: command.metric,
    order: command.order,
    deliveryId: null,
    targets: [],
    isMachine: false,
    consents: command.consents,
    identifiers: { customerId, cioId, emailHash },
  };
}

/** Reads one command: consent, reinstatement or activity. */
export function interpretCommand(context: InterpretContext, body: unknown): Fate<Interpreted> {
  const object = asObject(body);
  if (object === null) return deadLetter('bad_command', `the body ${shapeOf(body)}`);
  if (context.eventId === '') return deadLetter('bad_command', 'the record has no event id');
  const command = readCommand(object);
  if (command.kind !== 'ok') return command;
  const occurredAt = asInteger(object['occurred_at']);
  if (occurredAt === null) {
    return deadLetter('bad_command', `occurred_at ${shapeOf(object['occurred_at'])}`);
  }
  const at = checkInstant(occurredAt, context.recordedAt);
  if (at.kind !== 'ok') return at;
  const identity = readIdentity(context, object);
  return {
    kind: 'ok',
    value: {
      outcome: outcomeOf(context, command.value, identity, occurredAt),
      event: eventOf(context, command.value, identity, occurredAt),
      emailAddress: null,
    },
  };
}
