import { describe, expect, test } from 'vitest';
import { createDecoder } from '@landed/schemas/codec';
import { avroSchemaText } from '@landed/schemas/avro';
import { OperationError } from '@landed/schemas/fate';
import { createSealer } from '@landed/schemas/seal';
import { createRawDecoder } from '../../src/task/decode.ts';
import type { RawDecoder } from '../../src/task/decode.ts';
import {
  SCHEMA_IDS,
  idsInPartition,
  rawValue,
  record,
  sealer,
  tickValue,
  webhookValue,
} from './raw-records.ts';

const AT = 1_700_000_000_000;

function decoderFor(
  more: { readonly partitions?: number; readonly sealer?: typeof sealer } = {},
): RawDecoder {
  const fetchSchema = async (id: number): Promise<string> =>
    id === SCHEMA_IDS.RawWebhook
      ? Promise.resolve(avroSchemaText('RawWebhook'))
      : id === SCHEMA_IDS.Delivery
        ? Promise.resolve(avroSchemaText('Delivery'))
        : Promise.reject(new OperationError('not known', { retriable: true }));
  return createRawDecoder({
    decoder: createDecoder('RawWebhook', fetchSchema),
    sealer: more.sealer ?? sealer,
    partition: 0,
    partitions: more.partitions ?? 1,
  });
}

const webhook = webhookValue({ cioId: '1', eventId: 'e1', metric: 'sent', at: AT });
const withSchema = (id: number): Buffer => {
  const value = Buffer.from(webhook);
  value.writeInt32BE(id, 1);
  return value;
};
const body = (text: string, kind = 'webhook'): Buffer =>
  rawValue({ eventId: 'e1', body: Buffer.from(text), at: AT, kind });

describe('decoding raw records', () => {
  test('an event: envelope, key and body', async () => {
    const decoder = decoderFor();
    const one = record(0, AT, 'w/cio:1', webhook);
    await decoder.prepare([one]);
    expect(decoder.decode(one)).toMatchObject({
      kind: 'event',
      profileKey: 'w/cio:1',
      raw: { event_id: 'e1', workspace: 'w', kind: 'webhook' },
      body: { event_id: 'e1', metric: 'sent' },
    });
  });

  test('a tick, with a key or without', async () => {
    const decoder = decoderFor();
    const ticks = [record(0, AT, null, tickValue(AT)), record(1, AT, 'any', tickValue(AT))];
    await decoder.prepare(ticks);
    expect(ticks.map(decoder.decode)).toEqual([{ kind: 'tick' }, { kind: 'tick' }]);
  });

  const long = `w/id:${'x'.repeat(700)}`;
  test.each<[string, string | null, Buffer | null, string]>([
    ['no value', 'w/cio:1', null, 'undecodable'],
    ['no bytes', 'w/cio:1', Buffer.alloc(0), 'truncated'],
    ['another magic byte', 'w/cio:1', Buffer.from('xyzzy!'), 'bad_magic'],
    ['a header cut off', 'w/cio:1', webhook.subarray(0, 4), 'truncated'],
    ['a record cut off', 'w/cio:1', webhook.subarray(0, 30), 'truncated'],
    ['bytes behind the record', 'w/cio:1', Buffer.concat([webhook, webhook]), 'undecodable'],
    ['a schema of another record', 'w/cio:1', withSchema(SCHEMA_IDS.Delivery), 'undecodable'],
    ['an unknown kind', 'w/cio:1', body('{}', 'absorb'), 'unknown_kind'],
    ['a body that is no JSON', 'w/cio:1', body('{'), 'not_json'],
    ['no key', null, webhook, 'undecodable'],
    ['a key of another workspace', 'v/cio:1', webhook, 'undecodable'],
    ['a key that is the workspace alone', 'w', webhook, 'undecodable'],
    ['a key with control characters', 'w/cio:\u0000', webhook, 'undecodable'],
    ['a key without end', long, webhook, 'undecodable'],
  ])('poison: %s', async (_name, key, value, reason) => {
    const decoder = decoderFor();
    const one = record(0, AT, key, value);
    await decoder.prepare([one]);
    expect(decoder.decode(one)).toMatchObject({ kind: 'rejected', rejection: { reason } });
  });

  test('poison: a key that is no UTF-8', async () => {
    const decoder = decoderFor();
    const one = { ...record(0, AT, 'w', webhook), key: Buffer.from([0x77, 0x2f, 0xff]) };
    await decoder.prepare([one]);
    expect(decoder.decode(one)).toMatchObject({ rejection: { reason: 'undecodable' } });
  });

  test('poison: a key that belongs to another partition', async () => {
    const decoder = decoderFor({ partitions: 2 });
    const [other = ''] = idsInPartition(1, 1, 2);
    const [own = ''] = idsInPartition(1, 0, 2);
    const value = (cioId: string): Buffer =>
      webhookValue({ cioId, eventId: 'e', metric: 'sent', at: AT });
    const records = [
      record(0, AT, `w/cio:${other}`, value(other)),
      record(1, AT, `w/cio:${own}`, value(own)),
    ];
    await decoder.prepare(records);
    expect(records.map((one) => decoder.decode(one).kind)).toEqual(['rejected', 'event']);
  });

  test('poison: a seal that is broken under a known key', async () => {
    const decoder = decoderFor();
    const broken = Buffer.from(webhook);
    broken[broken.length - 10] = (broken.at(-10) ?? 0) ^ 1;
    const one = record(0, AT, 'w/cio:1', broken);
    await decoder.prepare([one]);
    expect(decoder.decode(one)).toMatchObject({
      rejection: { reason: 'seal_broken', eventId: 'e1' },
    });
  });

  test('the detail of a rejection tells no value', async () => {
    const decoder = decoderFor();
    const one = record(0, AT, 'w/cio:1', body('{"email":"someone@example.com"'));
    await decoder.prepare([one]);
    expect(JSON.stringify(decoder.decode(one))).not.toContain('someone');
  });

  test('outage: a body sealed under a key that is not configured here', async () => {
    const other = createSealer([{ id: 'k2', key: Buffer.alloc(32, 9) }]);
    const decoder = decoderFor({ sealer: other });
    const one = record(0, AT, 'w/cio:1', webhook);
    await decoder.prepare([one]);
    expect(() => decoder.decode(one)).toThrow(expect.objectContaining({ retriable: true }));
  });

  test('outage: an unknown schema id stops there; what stands before it is ready', async () => {
    const decoder = decoderFor();
    const records = [webhook, Buffer.from('poison'), withSchema(404), webhook].map(
      (value, offset) => record(offset, AT, 'w/cio:1', value),
    );
    const prepared = await decoder.prepare(records);
    expect(prepared.ready).toBe(2);
    expect(prepared.outage).toMatchObject({ retriable: true });
    expect(decoder.decode(records[0]!).kind).toBe('event');
  });
});
