import { eventId } from '../traffic/event-id.ts';
import { goJson } from '../traffic/payload.ts';
import type { Json, JsonObject } from '../traffic/payload.ts';
import { createRandom } from '../traffic/random.ts';

/** Parts of planted addresses, numbers and tokens that must show up nowhere in clear. */
export const NEEDLES = ['zqcanary', '2025550187', '2025550188', '555-0189'] as const;

/** Stands in every canary event outside of any address: a search that does not find it is blind. */
export const CONTROL = 'dgCanaryControl';

/** An address that is planted in one field; its name says which. */
const planted = (field: string): string => `zqcanary${field}@leak.example`;

export type Canary = {
  readonly name: string;
  readonly body: Buffer;
  /** Id of the event; null where the body is no event. */
  readonly eventId: string | null;
};

const message = (delivery: string, more: JsonObject): JsonObject => ({
  campaign_id: 31,
  action_id: 502,
  delivery_id: `${CONTROL}${delivery}`,
  identifiers: { id: `u-canary-${delivery}`, email: planted('email'), cio_id: `c0ffee${delivery}` },
  ...more,
});

const letter = { recipient: planted('recipient'), subject: `For ${planted('subject')} only` };

/** Object type, metric and data of events with addresses in every field that can hold one. */
const EVENTS: Readonly<Record<string, readonly [string, string, JsonObject]>> = {
  'reason of a bounce': [
    'email',
    'bounced',
    message('01', {
      ...letter,
      failure_message: `550 5.1.1 <${planted('failure')}>: no mailbox of that name, call +1 202 555-0189`,
    }),
  ],
  'an id that is an address': [
    'email',
    'delivered',
    message('02', {
      ...letter,
      customer_id: planted('customer'),
      identifiers: { id: planted('id'), email: planted('email') },
    }),
  ],
  'known by address only': [
    'email',
    'sent',
    message('03', { ...letter, identifiers: { email: planted('only') } }),
  ],
  'no identifiers': ['email', 'sent', { ...letter, delivery_id: `${CONTROL}04` }],
  'plain link': [
    'email',
    'clicked',
    message('05', {
      ...letter,
      href: `https://shop.example/u?e=${planted('href')}&x=1`,
      link_id: 1,
    }),
  ],
  'escaped link': [
    'email',
    'clicked',
    message('06', {
      ...letter,
      href: `https://shop.example/u?e=${encodeURIComponent(planted('escaped'))}&p=%2B12025550188`,
      link_id: 2,
    }),
  ],
  'content and headers': [
    'email',
    'sent',
    message('07', {
      ...letter,
      content: `<p>Dear ${planted('content')}</p>`,
      headers: { 'Reply-To': [planted('replyto')], 'X-For': [`"A B" <${planted('header')}>`] },
    }),
  ],
  'a person who leaves': [
    'customer',
    'unsubscribed',
    {
      customer_id: 'u-canary-08',
      email_address: planted('emailaddress'),
      identifiers: { id: 'u-canary-08', email: planted('email'), cio_id: 'c0ffee08' },
      delivery_id: `${CONTROL}08`,
    },
  ],
  'name and address': [
    'customer',
    'subscribed',
    {
      customer_id: 'u-canary-09',
      email_address: `Kim <${planted('named')}>`,
      identifiers: { id: 'u-canary-09' },
      delivery_id: `${CONTROL}09`,
    },
  ],
  preferences: [
    'email',
    'cio_subscription_preferences_changed',
    message('10', {
      email_address: planted('emailaddress'),
      content: JSON.stringify({ channels: { email: false }, note: planted('preference') }),
    }),
  ],
  devices: [
    'push',
    'bounced',
    message('11', {
      recipients: [
        {
          device_id: 'zqcanarydevicetoken0123456789',
          device_platform: 'android',
          failure_message: `NotRegistered for ${planted('device')}`,
        },
      ],
    }),
  ],
  numbers: [
    'sms',
    'replied',
    message('12', {
      recipient: '+12025550187',
      to: '+12025550188',
      inbound_event_id: '01K9Z6UZZZZZZZZZZZZZZZZZZZ',
    }),
  ],
  'in-app response': [
    'in_app',
    'clicked',
    message('13', {
      recipient: planted('inapp'),
      href: 'app://sale',
      link_id: 1,
      tracked_response: `mail me at ${planted('response')}`,
    }),
  ],
  'a webhook URL': [
    'webhook',
    'sent',
    message('14', { recipient: `https://hooks.example/${planted('hook')}/new` }),
  ],
  'fields nobody knows': [
    'inbox',
    'updated',
    message('15', {
      recipient: planted('inbox'),
      reply_to: planted('unknown'),
      nested: { deep: [{ cc: [planted('nested')] }] },
      [planted('key')]: true,
    }),
  ],
  'a reason before hand-over': [
    'email',
    'attempted',
    message('16', { failure_message: `Variable 'x' is missing for ${planted('attempted')}` }),
  ],
};

/** Authentic bodies that are no event: kept as dead letters, sealed. */
function spoiltBodies(seconds: number): Readonly<Record<string, Buffer>> {
  const json = (value: Json): Buffer => Buffer.from(goJson(value));
  const data = { delivery_id: `${CONTROL}90`, recipient: planted('spoilt') };
  return {
    'not JSON': Buffer.from(`{"recipient":"${planted('cut')}","deli`),
    'not UTF-8': Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(planted('bytes'))]),
    'an array': json([{ recipient: planted('array') }]),
    'without event id': json({ object_type: 'email', metric: 'sent', timestamp: seconds, data }),
    'a wrong timestamp': json({
      event_id: 'CANARY91',
      object_type: 'email',
      metric: 'sent',
      timestamp: planted('timestamp'),
      data,
    }),
    legacy: json({
      event_id: 'CANARY92',
      event_type: 'email_opened',
      timestamp: seconds,
      data: { email_address: `Kim <${planted('legacy')}>` },
    }),
    'far in the future': json({
      event_id: 'CANARY93',
      object_type: 'email',
      metric: 'sent',
      timestamp: seconds + 86_400,
      data,
    }),
  };
}

/** Events and spoilt bodies with a planted address in every field that can hold one. */
export function canaries(now: number): readonly Canary[] {
  const random = createRandom('canaries');
  const seconds = Math.floor(now / 1000);
  const events = Object.entries(EVENTS).map(([name, [object_type, metric, data]]): Canary => {
    const id = eventId(random, now);
    const body = Buffer.from(
      goJson({ data, event_id: id, object_type, metric, timestamp: seconds }),
    );
    return { name, body, eventId: id };
  });
  const spoilt = Object.entries(spoiltBodies(seconds)).map(([name, body]): Canary => ({
    name,
    body,
    eventId: null,
  }));
  return [...events, ...spoilt];
}

export type Finding = { readonly place: string; readonly needle: string; readonly around: string };

const AROUND_CHARS = 60;

/** Where any of the needles stands in the bytes, whatever its case. */
export function findNeedles(
  place: string,
  bytes: Uint8Array,
  needles: readonly string[] = NEEDLES,
): Finding[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const lower = text.toLowerCase();
  return needles.flatMap((needle) => {
    const at = lower.indexOf(needle.toLowerCase());
    if (at < 0) return [];
    const around = text.slice(Math.max(0, at - AROUND_CHARS), at + AROUND_CHARS);
    return [{ place, needle, around }];
  });
}
