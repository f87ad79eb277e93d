import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutBatch, recordBytes } from '../src/batch.ts';
import type { BatchLimits, Draft } from '../src/batch.ts';

const limits: BatchLimits = { batchRecordsMax: 4, batchBytesMax: 100, partitionBytesMax: 50 };
const nothing = (): Buffer => Buffer.alloc(0);
const waiting = (partition: number, bytes: number, key = '') => {
  const record: Draft = { topic: 'raw', partition, key, valueBytes: 0, value: nothing };
  return { record, bytes };
};

describe('cutBatch', () => {
  test('takes everything that fits', () => {
    const queue = [waiting(0, 10), waiting(1, 10), waiting(0, 10)];
    expect(cutBatch(queue, limits)).toEqual({ batch: queue, rest: [] });
  });

  test('stops at the number of records', () => {
    const queue = Array.from({ length: 6 }, (_, at) => waiting(at, 1));
    expect(cutBatch(queue, limits).batch).toHaveLength(4);
  });

  test('stops at the bytes of the whole batch', () => {
    const queue = [waiting(0, 40), waiting(1, 40), waiting(2, 40)];
    expect(cutBatch(queue, limits).batch).toHaveLength(2);
  });

  test('a full partition waits, others go on', () => {
    const queue = [
      waiting(0, 40, 'a'),
      waiting(0, 20, 'b'),
      waiting(1, 10, 'c'),
      waiting(0, 1, 'd'),
    ];
    const { batch, rest } = cutBatch(queue, limits);
    expect(batch.map((entry) => entry.record.key)).toEqual(['a', 'c']);
    // The small one stays behind the large one: the order within a partition is kept.
    expect(rest.map((entry) => entry.record.key)).toEqual(['b', 'd']);
  });

  test('a record beyond every bound goes alone', () => {
    const { batch, rest } = cutBatch([waiting(0, 500), waiting(0, 1), waiting(1, 1)], limits);
    expect(batch).toHaveLength(1);
    expect(rest).toHaveLength(2);
  });

  test('any queue: nothing is lost, bounds hold, partitions keep their order', () => {
    const entry = fc.record({ partition: fc.nat(3), bytes: fc.integer({ min: 1, max: 80 }) });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 40 }), (entries) => {
        const queue = entries.map(({ partition, bytes }, at) => waiting(partition, bytes, `${at}`));
        let rest: readonly (typeof queue)[number][] = queue;
        const sent: string[] = [];
        while (rest.length > 0) {
          const cut = cutBatch(rest, limits);
          expect(cut.batch.length).toBeGreaterThan(0);
          expect(cut.batch.length).toBeLessThanOrEqual(limits.batchRecordsMax);
          for (const partition of [0, 1, 2, 3]) {
            const own = cut.batch.filter((each) => each.record.partition === partition);
            const bytes = own.reduce((sum, each) => sum + each.bytes, 0);
            expect(own.length <= 1 || bytes <= limits.partitionBytesMax).toBe(true);
          }
          sent.push(...cut.batch.map((each) => each.record.key ?? ''));
          rest = cut.rest;
        }
        const partitionOf = (key: string): number => queue[Number(key)]!.record.partition;
        for (const partition of [0, 1, 2, 3]) {
          const own = sent.filter((key) => partitionOf(key) === partition).map(Number);
          expect(own).toEqual([...own].sort((one, other) => one - other));
        }
        expect(sent).toHaveLength(queue.length);
      }),
    );
  });
});

test('the bytes of a record count its value, its key and what surrounds them', () => {
  const record = { topic: 'raw', partition: 0, key: 'key', valueBytes: 1000, value: nothing };
  expect(recordBytes(record)).toBeGreaterThanOrEqual(1003);
});
