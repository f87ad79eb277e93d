import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRecordBatches } from '@landed/processor-service/log/record-batch';
import type { OutgoingRecord } from '../src/batch.ts';
import { decodeProduceAnswer, encodeProduce, throttleMs } from '../src/produce.ts';
import { encodeRecordBatch } from '../src/record-batch.ts';
import { encodeBatches, sequenceAfter } from '../src/sequences.ts';
import { crc32cOf } from './crc32c.ts';

const identity = { producerId: 4711n, producerEpoch: 3, firstSequence: 90 };
const record = (parts: Partial<OutgoingRecord>): OutgoingRecord => ({
  topic: 'raw',
  partition: 0,
  key: 'k',
  value: Buffer.from('v'),
  ...parts,
});

const anyRecord = fc.record({
  topic: fc.constant('raw'),
  partition: fc.constant(0),
  key: fc.oneof(fc.constant(null), fc.string({ unit: 'binary', maxLength: 200 })),
  value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  headers: fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string(), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
});

describe('record batches', () => {
  test('any records are read back by a decoder that knows nothing of the encoder', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 200 }), (records) => {
        const bytes = encodeRecordBatch(records, identity, 1_700_000_000_000);
        const { records: read, nextOffset } = decodeRecordBatches(bytes, 0n);
        expect(nextOffset).toBe(BigInt(records.length));
        const texts = read.map(({ key, value, headers, timestamp }) => ({
          key: key?.toString() ?? null,
          value,
          headers: Object.entries(headers).map(([name, text]) => [name, text.toString()]),
          timestamp,
        }));
        expect(texts).toEqual(
          records.map(({ key, value, headers }) => ({
            key: key === null ? null : Buffer.from(key).toString(),
            value,
            headers: Object.entries(headers),
            timestamp: 1_700_000_000_000,
          })),
        );
      }),
    );
  });

  test('the head tells producer, epoch, sequence and a checksum of what follows', () => {
    const records = [record({}), record({ key: null, value: Buffer.alloc(70_000, 1) })];
    const bytes = encodeRecordBatch(records, identity, 5);
    expect(bytes.readInt32BE(8)).toBe(bytes.length - 12);
    expect(bytes.readBigInt64BE(43)).toBe(4711n);
    expect(bytes.readInt16BE(51)).toBe(3);
    expect(bytes.readInt32BE(53)).toBe(90);
    expect(bytes.readUInt32BE(17)).toBe(crc32cOf(bytes.subarray(21)));
  });

  test('each partition counts its own records, from where it stands', () => {
    const sequences = new Map([['raw/1', 7]]);
    const records = [record({ partition: 1 }), record({}), record({ partition: 1 })];
    const batches = encodeBatches(records, identity, sequences);
    expect(
      batches.map(({ name, firstSequence, records: own }) => [name, firstSequence, own.length]),
    ).toEqual([
      ['raw/1', 7, 2],
      ['raw/0', 0, 1],
    ]);
  });

  test.each([
    [0, 5, 5],
    [2_147_483_640, 7, 2_147_483_647],
    [2_147_483_640, 8, 0],
    [2_147_483_647, 3, 2],
  ])('after %i and %i records the sequence goes on at %i', (first, records, next) => {
    expect(sequenceAfter(first, records)).toBe(next);
  });
});

describe('produce', () => {
  test('a request names topics and partitions once each, with their bytes', () => {
    const portions = [
      { topic: 'raw', partition: 3, bytes: Buffer.from('abc') },
      { topic: 'dead', partition: 0, bytes: Buffer.from('d') },
      { topic: 'raw', partition: 1, bytes: Buffer.from('ef') },
    ];
    const hex = encodeProduce(portions, 3000).toString('hex');
    const raw =
      '0003726177' + '00000002' + '00000003' + '00000003616263' + '00000001' + '000000026566';
    const dead = '000464656164' + '00000001' + '00000000' + '0000000164';
    expect(hex).toBe('ffff' + 'ffff' + '00000bb8' + '00000002' + raw + dead);
  });

  test('an answer is read to its end', () => {
    const partition = (id: string, code: string) => id + code + '00'.repeat(24);
    const answer = Buffer.from(
      '00000001' +
        '0003726177' +
        '00000002' +
        partition('00000003', '0000') +
        partition('00000001', '002e') +
        '000000fa',
      'hex',
    );
    expect(decodeProduceAnswer(answer)).toEqual([
      { topic: 'raw', partition: 3, errorCode: 0 },
      { topic: 'raw', partition: 1, errorCode: 46 },
    ]);
    expect(throttleMs(answer)).toBe(250);
    expect(() => decodeProduceAnswer(answer.subarray(0, 40))).toThrow(RangeError);
  });
});
