import type { ChannelView, View } from '@landed/schemas/events.gen';
import { CHANNELS, isChannel } from '../core/event.ts';
import type { Channel, ConsentChange, CoreEvent } from '../core/event.ts';
import { fold } from '../core/fold.ts';
import { emptyPerson } from '../core/person.ts';
import { nextChange } from '../core/timer.ts';
import { view } from '../core/view.ts';

/** A history in short: what happened to one person, in the order it arrived, and when to look. */
export type ScoreCase = {
  readonly name: string;
  /** The channel the answer is mostly about, and that of events that name none. */
  readonly channel: Channel;
  readonly now: string;
  readonly events: readonly CaseEvent[];
};

/** One event of a case. Instants are ISO 8601. Consent of the whole person names no channel. */
export type CaseEvent = {
  readonly at: string;
  readonly metric: string;
  readonly delivery_id?: string;
  readonly to?: string;
  readonly cls?: string;
  readonly kind?: string;
  readonly machine?: boolean;
  readonly channel?: string;
};

function orderOf(metric: string): CoreEvent['order'] {
  if (metric === 'reinstate') return 'reinstate';
  return PERSONAL.has(metric) ? 'engage' : null;
}

const PERSONAL = new Set(['reinstate', 'site_session', 'add_to_cart', 'purchase']);

function consentsOf(event: CaseEvent): ConsentChange[] {
  if (event.metric !== 'subscribed' && event.metric !== 'unsubscribed') return [];
  const layer = (event.channel ?? 'profile') as ConsentChange['layer'];
  return [{ layer, isOn: event.metric === 'subscribed' }];
}

/** Cases write no event id: the content is the identity, as duplicates are whole copies. */
function caseEvent(event: CaseEvent, channel: Channel, receivedAt: number): CoreEvent {
  const consents = consentsOf(event);
  const isPersonal = consents.length > 0 || PERSONAL.has(event.metric);
  const cls = event.cls === 'esp_suppressed' ? 'suppressed' : (event.cls ?? 'unknown');
  const isFailed = event.cls !== undefined || ['bounced', 'failed'].includes(event.metric);
  const failure = isFailed ? { cls, kind: event.kind ?? cls, rule: 'case' } : null;
  return {
    eventId: JSON.stringify(event),
    ts: Date.parse(event.at),
    receivedAt,
    channel: isPersonal ? '' : (event.channel ?? channel),
    metric: event.metric,
    order: orderOf(event.metric),
    deliveryId: isPersonal ? null : (event.delivery_id ?? `event:${JSON.stringify(event)}`),
    targets: isPersonal ? [] : [{ to: event.to ?? '', failure }],
    isMachine: event.machine ?? false,
    consents,
    identifiers: null,
  };
}

function caseEvents(events: readonly CaseEvent[], channel: Channel): CoreEvent[] {
  let receivedAt = -Infinity;
  return events.map((event) => {
    receivedAt = Math.max(receivedAt, Date.parse(event.at));
    return caseEvent(event, channel, receivedAt);
  });
}

const INSTANT = /_at$|_after$/;

function asCaseValue(name: string, value: unknown): unknown {
  return INSTANT.test(name) && typeof value === 'number' ? new Date(value).toISOString() : value;
}

function asCaseFields(view: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(view).map(([name, value]) => [name, asCaseValue(name, value)]),
  );
}

function channelFields(view: ChannelView, channel: Channel): Record<string, unknown> {
  const fields = asCaseFields(view);
  if (channel !== 'push') delete fields['live_devices'];
  return fields;
}

function personFields(view: View): Record<string, unknown> {
  const fields = asCaseFields(view);
  for (const channel of CHANNELS) Reflect.deleteProperty(fields, channel);
  return fields;
}

function fieldOf(view: View, name: string): unknown {
  const [channel, field] = name.split('.') as [Channel, keyof ChannelView | undefined];
  const value = field === undefined ? view[name as keyof View] : view[channel][field];
  return asCaseValue(name, value);
}

export type CaseResult = {
  /** Fields of the case's channel. */
  readonly expect: Readonly<Record<string, unknown>>;
  /** Fields of the person. */
  readonly profile: Readonly<Record<string, unknown>>;
  /** Fields of the further channels its events name. */
  readonly others: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** What time alone changes first, with the new values. */
  readonly next_change: {
    readonly at: string;
    readonly changed: Readonly<Record<string, unknown>>;
  } | null;
};

/** Further channels with a score that the events of a case name. */
function otherChannels({ channel, events }: ScoreCase): Set<Channel> {
  const named = new Set<Channel>();
  for (const { channel: other = channel } of events) {
    if (other !== channel && isChannel(other)) named.add(other);
  }
  return named;
}

/**
 * What a history comes to: the view at the case's instant, and the next change by time alone. Instants
 * of the case must be valid ISO 8601.
 */
export function runCase(one: ScoreCase): CaseResult {
  let person = emptyPerson();
  for (const event of caseEvents(one.events, one.channel)) person = fold(person, event).person;
  const now = Date.parse(one.now);
  const result = view(person, now);
  const next = nextChange(person, now);
  const others: Record<string, Record<string, unknown>> = {};
  for (const name of otherChannels(one)) others[name] = channelFields(result[name], name);
  return {
    expect: channelFields(result[one.channel], one.channel),
    profile: personFields(result),
    others,
    next_change:
      next === null
        ? null
        : {
            at: new Date(next.at).toISOString(),
            changed: Object.fromEntries(next.changed.map((n) => [n, fieldOf(next.view, n)])),
          },
  };
}
