import avsc from 'avsc';
import { describe, expect, test } from 'vitest';
import { RECORD_NAMES, avroSchemaText, loadAvroSchema } from '@landed/schemas/avro';
import type { AvroObject, AvroSchema } from '@landed/schemas/avro';
import { DecodeError, createDecoder, createEncoder, schemaIdOf } from '@landed/schemas/codec';
import type { RawWebhook } from '@landed/schemas/events.gen';
import { typesAreFresh } from '@landed/schemas/generate';

const raw: RawWebhook = {
  kind: 'webhook',
  source: 'customerio',
  workspace: 'shop',
  event_id: '01K9Z6Q2T4M8V0XN3R7B5C1DHE',
  received_at: 1_763_001_222_000,
  signature_timestamp: null,
  signing_key_id: 'a1b2c3d4',
  flags: ['stale_timestamp'],
  body: Buffer.from([1, 2, 3]),
  body_bytes: 3,
  body_sha256: '039058c6',
};

const ownSchema = (name: 'RawWebhook') => async () => Promise.resolve(avroSchemaText(name));

describe('wire format', () => {
  // Written once by hand after the Avro and Confluent specifications; a change breaks subscribers.
  const golden =
    '00000000070e776562686f6f6b14637573746f6d6572696f0873686f7034' +
    Buffer.from('01K9Z6Q2T4M8V0XN3R7B5C1DHE').toString('hex') +
    'e08dfeb0cf66' +
    '00' +
    '02106131623263336434' +
    '021e7374616c655f74696d657374616d7000' +
    '06010203' +
    '06' +
    '103033393035386336';

  test('golden bytes', () => {
    expect(createEncoder('RawWebhook', 7)(raw).toString('hex')).toBe(golden);
  });

  test('golden bytes decode to the record', async () => {
    const decoder = createDecoder('RawWebhook', ownSchema('RawWebhook'));
    const value = Buffer.from(golden, 'hex');
    await decoder.prepare([value]);
    expect(decoder.decode(value)).toEqual(raw);
    expect(schemaIdOf(value)).toBe(7);
  });

  test('records larger than the slab', async () => {
    const big = { ...raw, body: Buffer.alloc(300_000, 7) };
    const value = createEncoder('RawWebhook', 1)(big);
    const decoder = createDecoder('RawWebhook', ownSchema('RawWebhook'));
    await decoder.prepare([value]);
    expect(decoder.decode(value)).toEqual(big);
  });

  test('a value that does not fit names its field', () => {
    const wrong = { ...raw, body_bytes: 'three' } as unknown as RawWebhook;
    expect(() => createEncoder('RawWebhook', 1)(wrong)).toThrow(/"three"|body_bytes/);
  });
});

describe('poison', () => {
  const good = createEncoder('RawWebhook', 7)(raw);
  test.each([
    ['an empty value', Buffer.alloc(0), 'truncated'],
    ['a header alone cut short', Buffer.from([0, 0, 0]), 'truncated'],
    ['another magic byte', Buffer.from('{"a":1}'), 'bad_magic'],
    ['a cut record', good.subarray(0, good.length - 3), 'truncated'],
    ['bytes after the record', Buffer.concat([good, Buffer.from([0])]), 'undecodable'],
  ])('%s', async (_name, value, reason) => {
    const decoder = createDecoder('RawWebhook', ownSchema('RawWebhook'));
    await decoder.prepare([good, value]);
    expect(() => decoder.decode(value)).toThrow(DecodeError);
    try {
      decoder.decode(value);
    } catch (error) {
      expect((error as DecodeError).reason).toBe(reason);
    }
  });

  test('a schema of another record is poison', async () => {
    const decoder = createDecoder('Erasure', ownSchema('RawWebhook'));
    await decoder.prepare([good]);
    expect(() => decoder.decode(good)).toThrow('no version of Erasure');
  });

  test('an unknown schema id is the registry’s answer, not poison', async () => {
    const decoder = createDecoder('RawWebhook', async () => Promise.reject(new Error('away')));
    await expect(decoder.prepare([good])).rejects.toThrow('away');
  });

  test('each schema id is fetched once', async () => {
    let fetched = 0;
    const decoder = createDecoder('RawWebhook', async () => {
      fetched += 1;
      return Promise.resolve(avroSchemaText('RawWebhook'));
    });
    await decoder.prepare([good, good]);
    await decoder.prepare([good, null]);
    expect(fetched).toBe(1);
  });
});

const fieldsOf = (schema: AvroSchema): AvroObject['fields'] & object => {
  const fields: { name: string; doc?: string; type: AvroSchema; default?: unknown }[] = [];
  const walk = (node: AvroSchema): void => {
    if (typeof node === 'string') return;
    if (Array.isArray(node)) {
      node.forEach(walk);
      return;
    }
    if (node.items !== undefined) walk(node.items);
    for (const field of node.fields ?? []) {
      fields.push(field);
      walk(field.type);
    }
  };
  walk(schema);
  return fields;
};

describe.each(RECORD_NAMES)('%s', (name) => {
  const schema = loadAvroSchema(name);

  test('every field says what it means', () => {
    for (const field of fieldsOf(schema)) expect(field.doc, field.name).toMatch(/^.{10,}\.$/s);
  });

  const withFields = (fields: AvroObject['fields'] & object): AvroObject => ({ ...schema, fields });
  const sample = avsc.Type.forSchema(schema as avsc.Schema).random() as unknown as Record<
    string,
    unknown
  >;

  test('old readers read new records: an added field is passed over', async () => {
    const added = { name: 'added_later', type: 'string', doc: 'New.', default: '' };
    const newer = avsc.Type.forSchema(withFields([...(schema.fields ?? []), added]) as avsc.Schema);
    const value = Buffer.concat([
      Buffer.from([0, 0, 0, 0, 9]),
      newer.toBuffer({ ...sample, added_later: 'x' }),
    ]);
    const decoder = createDecoder(name, async () =>
      Promise.resolve(JSON.stringify(newer.schema({ exportAttrs: true }))),
    );
    await decoder.prepare([value]);
    expect(JSON.stringify(decoder.decode(value))).toBe(JSON.stringify(sample));
  });

  test('new readers read old records: a field with a default may be missing', async () => {
    const optional = (schema.fields ?? []).filter((field) => field.default !== undefined);
    expect(optional.length).toBeGreaterThan(0);
    for (const left of optional) {
      const older = avsc.Type.forSchema(
        withFields((schema.fields ?? []).filter((field) => field !== left)) as avsc.Schema,
      );
      const value = Buffer.concat([Buffer.from([0, 0, 0, 0, 9]), older.toBuffer(sample)]);
      const decoder = createDecoder(name, async () =>
        Promise.resolve(JSON.stringify(older.schema({ exportAttrs: true }))),
      );
      await decoder.prepare([value]);
      expect(decoder.decode(value), left.name).toBeDefined();
    }
  });
});

test('the generated types are those of the schemas', () => {
  expect(typesAreFresh()).toBe(true);
});
