import { CHANNELS } from '../../src/core/event.ts';
import type { Channel, ConsentChange, CoreEvent } from '../../src/core/event.ts';
import { fold } from '../../src/core/fold.ts';
import { emptyPerson } from '../../src/core/person.ts';
import type { PersonState } from '../../src/core/person.ts';
import { nextChange } from '../../src/core/timer.ts';
import { view } from '../../src/core/view.ts';
import type { ChannelView, View } from '@landed/schemas/events.gen';

/** One worked case of the score definition (score-examples.json). */
export type ScoreCase = {
  readonly name: string;
  readonly channel: Channel;
  readonly now: string;
  readonly events: readonly CaseEvent[];
  readonly expect: Readonly<Record<string, unknown>>;
  readonly profile: Readonly<Record<string, unknown>>;
  readonly others?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly next_change: { readonly at: string; readonly changed: Record<string, unknown> } | null;
};

export type CaseEvent = {
  readonly at: string;
  readonly metric: string;
  readonly delivery_id: string;
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
export function caseEvent(event: CaseEvent, channel: Channel, receivedAt: number): CoreEvent {
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
    deliveryId: isPersonal ? null : event.delivery_id,
    targets: isPersonal ? [] : [{ to: event.to ?? '', failure }],
    isMachine: event.machine ?? false,
    consents,
    identifiers: null,
  };
}

export function caseEvents(events: readonly CaseEvent[], channel: Channel): CoreEvent[] {
  let receivedAt = -Infinity;
  return events.map((event) => {
    receivedAt = Math.max(receivedAt, Date.parse(event.at));
    return caseEvent(event, channel, receivedAt);
  });
}

export function foldAll(events: Iterable<CoreEvent>, person = emptyPerson()): PersonState {
  let state = person;
  for (const event of events) state = fold(state, event).person;
  return state;
}

const INSTANT = /_at$|_after$/;

function asCaseValue(name: string, value: unknown): unknown {
  return INSTANT.test(name) && typeof value === 'number' ? new Date(value).toISOString() : value;
}

export function asCaseFields(view: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(view).map(([name, value]) => [name, asCaseValue(name, value)]),
  );
}

export function channelFields(view: ChannelView, channel: Channel): Record<string, unknown> {
  const fields = asCaseFields(view);
  if (channel !== 'push') delete fields['live_devices'];
  return fields;
}

export function personFields(view: View): Record<string, unknown> {
  const fields = asCaseFields(view);
  for (const channel of CHANNELS) Reflect.deleteProperty(fields, channel);
  return fields;
}

function fieldOf(view: View, name: string): unknown {
  const [channel, field] = name.split('.') as [Channel, keyof ChannelView | undefined];
  const value = field === undefined ? view[name as keyof View] : view[channel][field];
  return asCaseValue(name, value);
}

/** What the code makes of a case, in the format of the case. */
export function runCase(
  one: Pick<ScoreCase, 'channel' | 'now' | 'events'>,
  otherChannels: Iterable<string> = [],
) {
  const person = foldAll(caseEvents(one.events, one.channel));
  const now = Date.parse(one.now);
  const result = view(person, now);
  const next = nextChange(person, now);
  const others: Record<string, unknown> = {};
  for (const name of otherChannels) {
    others[name] = channelFields(result[name as Channel], name as Channel);
  }
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
