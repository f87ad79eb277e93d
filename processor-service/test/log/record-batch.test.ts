import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { decodeRecordBatches } from '../../src/log/record-batch.ts';
import { batchBytes, marker, plainBatch } from './batch-bytes.ts';

const values = (decoded: ReturnType<typeof decodeRecordBatches>): (string | undefined)[] =>
  decoded.records.map((record) => record.value?.toString());

type Encoder = { readonly buffer: Buffer };
type KafkajsBatch = (batch: Record<string, unknown>) => Promise<Encoder>;
type KafkajsRecord = (record: Record<string, unknown>) => Encoder;
const require = createRequire(import.meta.url);
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: KafkajsBatch;
};
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as KafkajsRecord;

describe('record batches', () => {
  test("kafkajs's encoder is read back: keys, values, headers, offsets, times", async () => {
    const at = 1_700_000_000_000;
    const records = [
      { key: 'k1', value: Buffer.from('v1'), headers: { a: 'x', b: 'ü' }, timestamp: at },
      { key: null, value: null, headers: {}, timestamp: at - 5_000 },
      { key: '', value: Buffer.alloc(300, 7), headers: {}, timestamp: at + 90_000_000 },
    ].map((record, index) =>
      encodeRecord({ ...record, offsetDelta: index, timestampDelta: record.timestamp - at }),
    );
    const { buffer } = await RecordBatch({
      firstTimestamp: at,
      maxTimestamp: at + 90_000_000,
      lastOffsetDelta: 2,
      producerId: -1,
      producerEpoch: 0,
      firstSequence: 0,
      compression: 0,
      records,
    });
    const decoded = decodeRecordBatches(buffer, 0n);
    expect(decoded.nextOffset).toBe(3n);
    const [first, second, third] = decoded.records;
    expect(first).toMatchObject({ offset: 0n, timestamp: at, key: Buffer.from('k1') });
    expect(first?.headers).toEqual({ a: Buffer.from('x'), b: Buffer.from('ü') });
    expect(second).toMatchObject({ offset: 1n, timestamp: at - 5_000, key: null, value: null });
    expect(third?.value?.length).toBe(300);
    expect(third).toMatchObject({ timestamp: at + 90_000_000, key: Buffer.alloc(0) });
  });

  test.each(['none', 'gzip', 'zstd'] as const)('compression %s', (compression) => {
    const bytes = plainBatch(7n, ['a', 'b', 'c'], { compression });
    expect(values(decodeRecordBatches(bytes, 0n))).toEqual(['a', 'b', 'c']);
  });

  test('an unknown compression is an error, not an empty answer', () => {
    const bytes = plainBatch(0n, ['a'], { compression: 'snappy' });
    expect(() => decodeRecordBatches(bytes, 0n)).toThrow(/compression 2/);
  });

  test('an empty batch tells where the next one begins', () => {
    const empty = batchBytes({ baseOffset: 20_200n, lastOffset: 20_699n, records: [] });
    expect(decodeRecordBatches(empty, 20_200n)).toEqual({ records: [], nextOffset: 20_700n });
  });

  test('gaps within and between batches', () => {
    const bytes = Buffer.concat([
      batchBytes({
        baseOffset: 10n,
        lastOffset: 19n,
        records: [
          { offset: 12n, key: 'a', value: 'a' },
          { offset: 17n, key: 'b', value: 'b' },
        ],
      }),
      plainBatch(50n, ['c']),
    ]);
    const decoded = decodeRecordBatches(bytes, 10n);
    expect(decoded.records.map((record) => record.offset)).toEqual([12n, 17n, 50n]);
    expect(decoded.nextOffset).toBe(51n);
  });

  test('records before the position are left out: batches come whole', () => {
    const bytes = plainBatch(100n, ['a', 'b', 'c', 'd']);
    expect(values(decodeRecordBatches(bytes, 102n))).toEqual(['c', 'd']);
  });

  test('a batch that is cut off at the end is left for the next fetch', () => {
    const whole = plainBatch(0n, ['a', 'b']);
    const cut = plainBatch(2n, ['c', 'd']).subarray(0, -1);
    const decoded = decodeRecordBatches(Buffer.concat([whole, cut]), 0n);
    expect(values(decoded)).toEqual(['a', 'b']);
    expect(decoded.nextOffset).toBe(2n);
    expect(decodeRecordBatches(cut, 2n)).toEqual({ records: [], nextOffset: null });
  });

  test('append time replaces the times of the records', () => {
    const bytes = plainBatch(0n, ['a', 'b'], {
      isAppendTime: true,
      baseTimestamp: 5,
      maxTimestamp: 999,
    });
    expect(decodeRecordBatches(bytes, 0n).records.map((r) => r.timestamp)).toEqual([999, 999]);
  });

  test('aborted transactions are left out, up to their marker, for their producer alone', () => {
    const transactional = { isTransactional: true };
    const bytes = Buffer.concat([
      plainBatch(0n, ['a0', 'a1'], { ...transactional, producerId: 1n }),
      plainBatch(2n, ['b0'], { ...transactional, producerId: 2n }),
      plainBatch(3n, ['plain']),
      marker(4n, 1n, 'abort'),
      plainBatch(5n, ['a2'], { ...transactional, producerId: 1n }),
      marker(6n, 1n, 'commit'),
      marker(7n, 2n, 'commit'),
    ]);
    const decoded = decodeRecordBatches(bytes, 0n, [{ producerId: 1n, firstOffset: 0n }]);
    expect(values(decoded)).toEqual(['b0', 'plain', 'a2']);
    expect(decoded.nextOffset).toBe(8n);
  });

  test('two aborted transactions of one producer, the second begun after the first ended', () => {
    const flags = { isTransactional: true, producerId: 9n };
    const bytes = Buffer.concat([
      plainBatch(10n, ['x'], flags),
      marker(11n, 9n, 'abort'),
      plainBatch(12n, ['kept'], flags),
      marker(13n, 9n, 'commit'),
      plainBatch(14n, ['y'], flags),
      marker(15n, 9n, 'abort'),
    ]);
    const aborted = [
      { producerId: 9n, firstOffset: 14n },
      { producerId: 9n, firstOffset: 10n },
    ];
    expect(values(decodeRecordBatches(bytes, 10n, aborted))).toEqual(['kept']);
  });

  test('an aborted transaction that began before the position', () => {
    const flags = { isTransactional: true, producerId: 3n };
    const bytes = Buffer.concat([plainBatch(20n, ['x'], flags), marker(21n, 3n, 'abort')]);
    const decoded = decodeRecordBatches(bytes, 20n, [{ producerId: 3n, firstOffset: 5n }]);
    expect(decoded).toEqual({ records: [], nextOffset: 22n });
  });

  test('an emptied marker ends its range too', () => {
    const flags = { isTransactional: true, producerId: 4n };
    const emptied = batchBytes({
      baseOffset: 1n,
      lastOffset: 1n,
      records: [],
      ...flags,
      isControl: true,
    });
    const bytes = Buffer.concat([emptied, plainBatch(2n, ['later'], flags)]);
    expect(values(decodeRecordBatches(bytes, 0n, [{ producerId: 4n, firstOffset: 0n }]))).toEqual([
      'later',
    ]);
  });

  test.each([
    ['an older format', (bytes: Buffer) => (bytes[16] = 1)],
    ['a record longer than its batch', (bytes: Buffer) => (bytes[61] = 0x7e)],
  ])('%s is an error', (_name, spoil) => {
    const bytes = Buffer.from(plainBatch(0n, ['a']));
    spoil(bytes);
    expect(() => decodeRecordBatches(bytes, 0n)).toThrow(/not readable/);
  });
});
