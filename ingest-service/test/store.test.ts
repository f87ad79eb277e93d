import { readDeadLetterHeaders } from '@landed/schemas/dead-letter';
import { createSealer } from '@landed/schemas/seal';
import { describe, expect, test } from 'vitest';
import { complete } from '../src/batch.ts';
import type { Draft, OutgoingRecord } from '../src/batch.ts';
import type { Envelope } from '../src/envelope.ts';
import type { PublishFate } from '../src/publish.ts';
import { createRecords } from '../src/records.ts';
import type { Call } from '../src/records.ts';
import { createStore, oversized } from '../src/store.ts';

const sealer = createSealer([{ id: 'k1', key: Buffer.alloc(32, 7) }]);
const records = createRecords({
  sealer,
  rawSchemaId: 5,
  rawTopic: 'raw',
  rawPartitions: 12,
  deadLetterTopic: 'dead',
  deadLetterPartitions: 3,
});
const call = (body: Buffer): Call => ({
  source: 'customerio',
  workspace: 'acme',
  receivedAt: 1_763_001_300_123,
  signedAt: 1_763_001_300_000,
  keyId: '01234567',
  flags: [],
  body,
  bodyBytes: body.length,
  bodySha256: 'ab'.repeat(32),
});
const event: Envelope = {
  kind: 'event',
  eventId: 'e-1',
  key: 'acme/cio:c1',
  objectType: 'email',
  occurredAt: 0,
};

function setUp(decide: (record: OutgoingRecord) => PublishFate) {
  const sent: OutgoingRecord[] = [];
  const publish = (draft: Draft): Promise<PublishFate> => {
    const record = complete(draft);
    sent.push(record);
    return Promise.resolve(decide(record));
  };
  return { sent, store: createStore({ records, publisher: { publish } }) };
}

describe('keep', () => {
  test('an event goes to the raw topic under its key', async () => {
    const { sent, store } = setUp(() => 'stored');
    expect(await store.keep(call(Buffer.from('{}')), event, 0)).toMatchObject({ status: 200 });
    expect(sent).toMatchObject([{ topic: 'raw', key: 'acme/cio:c1' }]);
  });

  test('an unusable body goes to the dead letters, sealed, with its reason', async () => {
    const { sent, store } = setUp(() => 'stored');
    const envelope: Envelope = {
      kind: 'unusable',
      reason: 'not_json',
      detail: '3 bytes are not JSON',
      key: null,
      eventId: '',
    };
    const answer = await store.keep(call(Buffer.from('{"a')), envelope, 0);
    expect(answer).toMatchObject({
      status: 200,
      body: '{"status":"quarantined","reason":"not_json"}',
    });
    const [record] = sent;
    expect(sealer.open(record!.value).toString()).toBe('{"a');
    expect(readDeadLetterHeaders(record!.headers ?? {})).toEqual({
      reason: 'not_json',
      detail: '3 bytes are not JSON',
      stage: 'ingest',
      workspace: 'acme',
      eventId: '',
      at: 1_763_001_300_123,
      originalBytes: 3,
      originalSha256: 'ab'.repeat(32),
      isTruncated: false,
      isSealed: true,
    });
  });

  test.each(['deadline', 'overloaded', 'unavailable'] as const)(
    '%s is our trouble',
    async (fate) => {
      const { store } = setUp(() => fate);
      for (const envelope of [event, oversized(17)]) {
        const answer = await store.keep(call(Buffer.from('{}')), envelope, 0);
        expect(answer).toMatchObject({ status: 503, reason: fate });
        expect(answer.headers).toContain('Retry-After');
      }
    },
  );

  test('a topic that takes less than the contract says stops no feed', async () => {
    const body = Buffer.alloc(900_000, 'x');
    const { sent, store } = setUp((record) => (record.topic === 'raw' ? 'too_large' : 'stored'));
    const answer = await store.keep(call(body), event, 0);
    expect(answer).toMatchObject({ status: 200, reason: 'body_too_large' });
    expect(sent.map((record) => [record.topic, record.key])).toEqual([
      ['raw', 'acme/cio:c1'],
      ['dead', 'acme/cio:c1'],
    ]);
  });

  test('a dead letter that is too large is cut, its size and hash are kept', async () => {
    const body = Buffer.alloc(900_000, 'x');
    const sizes: number[] = [];
    const { sent, store } = setUp((record) => {
      sizes.push(sealer.open(record.value).length);
      return sizes.at(-1)! > 256 * 1024 ? 'too_large' : 'stored';
    });
    const answer = await store.keep(call(body), oversized(body.length), 0);
    expect(answer).toMatchObject({ status: 200 });
    expect(sizes).toEqual([900_000, 256 * 1024]);
    expect(readDeadLetterHeaders(sent[1]!.headers ?? {})).toMatchObject({
      originalBytes: 900_000,
      isTruncated: true,
    });
  });

  test('a topic that takes nothing at all is our trouble', async () => {
    const { store } = setUp(() => 'too_large');
    expect(await store.keep(call(Buffer.from('{}')), event, 0)).toMatchObject({ status: 503 });
  });
});
