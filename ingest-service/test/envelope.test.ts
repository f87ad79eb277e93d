import { createAddressHasher } from '@landed/schemas/address-hash';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEPTH_MAX, readEnvelope } from '../src/envelope.ts';
import type { Envelope } from '../src/envelope.ts';

const { hash } = createAddressHasher(Buffer.from('an address key for these tests only'));
const read = (body: string | Uint8Array): Envelope =>
  readEnvelope(typeof body === 'string' ? Buffer.from(body) : body, 'acme', hash);
const readJson = (value: unknown): Envelope => read(JSON.stringify(value));

const event = {
  event_id: '01K9Z6S9QW1ER2TY3ZK4PX5SDF',
  object_type: 'email',
  metric: 'bounced',
  timestamp: 1_763_001_300,
  data: {
    delivery_id: 'dgTb9wMAAZ_x2==',
    identifiers: { id: 'u-8810', email: 'old.box@kaffee.example', cio_id: 'a90c07000041' },
    recipient: 'old.box@kaffee.example',
  },
};
const nested = (levels: number): string =>
  `{"event_id":"e","metric":"sent","timestamp":1,"data":${'['.repeat(levels)}${']'.repeat(levels)}}`;

describe('usable events', () => {
  test.each([
    ['as documented', event],
    ['an unknown metric', { ...event, metric: 'teleported' }],
    ['an unknown object type', { ...event, object_type: 'pigeon' }],
    ['no object type', { ...event, object_type: undefined }],
    ['object_type_type', { ...event, object_type: undefined, object_type_type: 'email' }],
    ['a timestamp of digits', { ...event, timestamp: '1763001300' }],
    ['timestamp 0', { ...event, timestamp: 0 }],
    ['a fraction of a second', { ...event, timestamp: 1_763_001_300.5 }],
    ['more fields than we know', { ...event, trace: { a: [1, { b: null }] } }],
    ['an event_type beside the object type', { ...event, event_type: 'email_bounced' }],
  ])('%s', (_name, body) => {
    expect(readJson(body)).toMatchObject({
      kind: 'event',
      eventId: event.event_id,
      key: 'acme/cio:a90c07000041',
    });
  });

  test('says what it is and when it happened, for those who watch the feed', () => {
    const untyped = { ...event, object_type: undefined };
    expect(readJson(event)).toMatchObject({ objectType: 'email', occurredAt: 1_763_001_300_000 });
    expect(readJson({ ...untyped, timestamp: '7' })).toMatchObject({
      objectType: '',
      occurredAt: 7000,
    });
  });

  test('duplicate names: the last one counts, as JSON.parse has it', () => {
    const body = '{"event_id":"a","event_id":"b","metric":"sent","timestamp":1}';
    expect(read(body)).toMatchObject({ kind: 'event', eventId: 'b' });
  });

  test('__proto__ in a body is a name like any other', () => {
    const body = '{"__proto__":{"event_id":"x","metric":"sent","timestamp":1},"data":{}}';
    expect(read(body)).toMatchObject({ kind: 'unusable', reason: 'missing_event_id' });
  });

  test('nesting up to the cap', () => {
    expect(read(nested(DEPTH_MAX - 1)).kind).toBe('event');
  });
});

describe('unusable bodies', () => {
  test.each([
    ['not_utf8', Buffer.from([0x7b, 0xc3, 0x28, 0x7d])],
    ['not_utf8', Buffer.from([0x1f, 0x8b, 0x08, 0x00])],
    ['not_json', Buffer.from('{"event_id":"a"}', 'utf16le')],
    ['not_json', Buffer.alloc(0)],
    ['not_json', Buffer.from('{"event_id":')],
    ['not_json', Buffer.from('event_id=a&metric=sent')],
    ['not_json', Buffer.from('\ufeff{}')],
    ['not_json', Buffer.from('{}{}')],
    ['not_json', Buffer.from("{'event_id':'a'}")],
    ['not_object', Buffer.from('[]')],
    ['not_object', Buffer.from(`[${JSON.stringify(event)}]`)],
    ['not_object', Buffer.from('null')],
    ['not_object', Buffer.from('"text"')],
    ['not_object', Buffer.from('17')],
    ['too_deep', Buffer.from(nested(DEPTH_MAX))],
    ['too_deep', Buffer.from(nested(200_000))],
    ['missing_event_id', Buffer.from('{}')],
    ['missing_event_id', Buffer.from(JSON.stringify({ events: [event] }))],
  ])('%s', (reason, body) => {
    expect(read(body)).toMatchObject({ kind: 'unusable', reason });
  });

  test.each([
    ['missing_event_id', { ...event, event_id: undefined }],
    ['missing_event_id', { ...event, event_id: '' }],
    ['missing_event_id', { ...event, event_id: null }],
    ['missing_event_id', { ...event, event_id: 17 }],
    ['missing_metric', { ...event, metric: undefined }],
    ['missing_metric', { ...event, metric: '' }],
    ['missing_metric', { ...event, metric: ['sent'] }],
    ['missing_timestamp', { ...event, timestamp: undefined }],
    ['missing_timestamp', { ...event, timestamp: null }],
    ['missing_timestamp', { ...event, timestamp: 'yesterday' }],
    ['missing_timestamp', { ...event, timestamp: '' }],
    ['missing_timestamp', { ...event, timestamp: -1 }],
    ['missing_timestamp', { ...event, timestamp: '-1' }],
    ['missing_timestamp', { ...event, timestamp: {} }],
    ['missing_timestamp', { ...event, timestamp: true }],
    ['legacy_format', { ...event, object_type: undefined, event_type: 'email_bounced' }],
  ])('%s keeps the key of whom it is about', (reason, body) => {
    expect(readJson(body)).toMatchObject({
      kind: 'unusable',
      reason,
      key: 'acme/cio:a90c07000041',
    });
  });

  test('an overflowing number is no timestamp', () => {
    const body = '{"event_id":"a","metric":"sent","timestamp":1e400}';
    expect(read(body)).toMatchObject({ reason: 'missing_timestamp', key: 'acme/event:a' });
  });

  test('nobody named: no key', () => {
    expect(readJson({ metric: 'sent' })).toMatchObject({ key: null, eventId: '' });
  });

  test('the detail shows the shape of a value, never the value', () => {
    const address = 'canary@secret.example';
    const details = [
      readJson({ ...event, metric: { address } }),
      readJson({ ...event, timestamp: address }),
      read(`{"email":"${address}"`),
      read(`"${address}"`),
    ].map((envelope) => (envelope.kind === 'unusable' ? envelope.detail : ''));
    expect(details).toEqual([
      'metric is an object',
      'timestamp is text',
      '32 bytes are not JSON',
      'the body is text',
    ]);
  });
});

describe('key choice', () => {
  const keyOf = (data: unknown, eventId = 'evt-1'): string => {
    const envelope = readJson({ ...event, event_id: eventId, data });
    return envelope.kind === 'event' ? envelope.key : envelope.reason;
  };
  const address = 'Mira@Nordlicht.example';
  const hashed = hash(address);
  test.each([
    ['cio_id first', { identifiers: { id: 'u', email: address, cio_id: 'c9' } }, 'acme/cio:c9'],
    ['then id', { identifiers: { id: 'u', email: address } }, 'acme/id:u'],
    ['then the address, hashed', { identifiers: { email: address } }, `acme/email:${hashed}`],
    [
      'null and empty are nothing',
      { identifiers: { id: null, cio_id: '', email: address } },
      `acme/email:${hashed}`,
    ],
    ['a number as id', { identifiers: { id: 17 } }, 'acme/id:17'],
    ['an address as id is hashed', { identifiers: { id: address } }, `acme/id:${hashed}`],
    ['customer_id without identifiers', { customer_id: 'u-1' }, 'acme/id:u-1'],
    [
      'customer_id beside an address',
      { customer_id: 'u-1', identifiers: { email: address } },
      `acme/email:${hashed}`,
    ],
    ['email_address without identifiers', { email_address: address }, `acme/email:${hashed}`],
    ['then the delivery', { delivery_id: 'dg_1==', recipient: address }, 'acme/delivery:dg_1=='],
    ['then the event', { recipient: address }, 'acme/event:evt-1'],
    ['data that is no object', 'text', 'acme/event:evt-1'],
    [
      'identifiers that are no object',
      { identifiers: ['c9'], delivery_id: 'd' },
      'acme/delivery:d',
    ],
  ])('%s', (_name, data, key) => {
    expect(keyOf(data)).toBe(key);
  });

  test('a long id becomes its hash', () => {
    expect(keyOf({ identifiers: { id: 'x'.repeat(257) } })).toMatch(
      /^acme\/id:sha256:[0-9a-f]{64}$/,
    );
  });

  test('an event id that is an address is stored hashed', () => {
    expect(readJson({ ...event, event_id: address })).toMatchObject({ eventId: hashed });
  });
});

describe('properties', () => {
  test('any bytes have a fate, without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(['event', 'unusable']).toContain(read(bytes).kind);
      }),
    );
  });

  test('any JSON has a fate, and an event has an id and a key of its workspace', () => {
    fc.assert(
      fc.property(fc.json(), fc.object(), (json, extra) => {
        expect(read(json).kind).toBeTypeOf('string');
        const envelope = readJson({ ...extra, ...event });
        expect(envelope).toMatchObject({ kind: 'event', key: 'acme/cio:a90c07000041' });
      }),
    );
  });

  test('no address of the identifiers stands in a key', () => {
    fc.assert(
      fc.property(fc.emailAddress(), fc.constantFrom('id', 'email', 'cio_id'), (email, name) => {
        const envelope = readJson({ ...event, data: { identifiers: { [name]: email } } });
        const { key } = envelope;
        expect(key).not.toContain('@');
        expect(key?.toLowerCase()).not.toContain(email.toLowerCase());
      }),
    );
  });
});
