import { expect, test } from 'vitest';
import { decodeFetchAnswer } from '../../src/log/fetch-answer.ts';
import { decodeRecordBatches } from '../../src/log/record-batch.ts';

/**
 * The answer of Kafka 4.3.0 to a Fetch request of version 11: a topic with append times, two
 * transactions of two records, the first aborted, the second committed, each with its marker.
 */
const GOLDEN = Buffer.from(
  '0000000000000000000000000001000f6361702d72726769696e757233386d0000000100000000000000000000' +
    '00000006000000000000000600000000000000000000000100000000000000040000000000000000ffffffff' +
    '000001470000000000000000000000490000000002fe85f6ff001800000001000001a20d4bc506000001a20d' +
    '4bc50b00000000000000040000000000000000000220000000026b0a61626f727402026802780c0000020101' +
    '0000000000000000020000004200000000021babbdb4003800000000000001a20d4bc519000001a20d4bc519' +
    '00000000000000040000ffffffff000000012000000008000000000c0000000000000000000000000000030000' +
    '004a000000000201753047001800000001000001a20d4bc524000001a20d4bc5250000000000000004000000' +
    '0000020000000222000000026b0c636f6d6d697402026802780c0000020101000000000000000005000000' +
    '420000000002c0840b70003800000000000001a20d4bc528000001a20d4bc52800000000000000040000ffff' +
    'ffff000000012000000008000000010c00000000000000',
  'hex',
);

test('the golden answer of a broker', () => {
  const { throttleMs, errorCode, partitions } = decodeFetchAnswer(GOLDEN);
  expect({ throttleMs, errorCode, count: partitions.length }).toEqual({
    throttleMs: 0,
    errorCode: 0,
    count: 1,
  });
  expect(partitions[0]).toMatchObject({
    topic: 'cap-rrgiinur38m',
    partition: 0,
    errorCode: 0,
    highWatermark: 6n,
    lastStableOffset: 6n,
    logStartOffset: 0n,
    aborted: [{ producerId: 4n, firstOffset: 0n }],
  });
});

test('its batches, as a read_committed reader sees them', () => {
  const [partition] = decodeFetchAnswer(GOLDEN).partitions;
  const { records, nextOffset } = decodeRecordBatches(partition!.batches, 0n, partition!.aborted);
  expect(nextOffset).toBe(6n);
  expect(records).toEqual([
    {
      offset: 3n,
      timestamp: 0x1a20d4bc525,
      key: Buffer.from('k'),
      value: Buffer.from('commit'),
      headers: { h: Buffer.from('x') },
    },
    { offset: 4n, timestamp: 0x1a20d4bc525, key: null, value: null, headers: {} },
  ]);
});

test('the same bytes uncommitted: nothing is left out but the markers', () => {
  const [partition] = decodeFetchAnswer(GOLDEN).partitions;
  const { records } = decodeRecordBatches(partition!.batches, 0n, []);
  expect(records.map((record) => record.offset)).toEqual([0n, 1n, 3n, 4n]);
});
