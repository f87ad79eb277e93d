import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutSends } from '../../src/task/output.ts';
import type { OutputRecord } from '../../src/task/output.ts';

const record = (topic: string, bytes: number, partition = 0): OutputRecord => ({
  topic,
  partition,
  key: 'k',
  value: Buffer.alloc(bytes),
});
const sizes = (sends: readonly (readonly OutputRecord[])[]): number[] => sends.map((s) => s.length);

describe('cutting records into sends', () => {
  test('nothing is nothing', () => {
    expect(cutSends([])).toEqual([]);
  });

  test('by bytes of one partition', () => {
    const limits = { recordsMax: 100, partitionBytesMax: 1_000 };
    const records = Array.from({ length: 7 }, () => record('a', 300));
    expect(sizes(cutSends(records, limits))).toEqual([3, 3, 1]);
  });

  test('partitions and topics have their bytes to themselves', () => {
    const limits = { recordsMax: 100, partitionBytesMax: 1_000 };
    const records = [record('a', 900), record('b', 900), record('a', 900, 1)];
    expect(sizes(cutSends(records, limits))).toEqual([3]);
  });

  test('by number', () => {
    const limits = { recordsMax: 2, partitionBytesMax: 1_000_000 };
    const records = Array.from({ length: 5 }, () => record('a', 1));
    expect(sizes(cutSends(records, limits))).toEqual([2, 2, 1]);
  });

  test('a record beyond the limit goes alone', () => {
    const limits = { recordsMax: 100, partitionBytesMax: 1_000 };
    const records = [record('a', 10), record('a', 5_000), record('a', 10)];
    expect(sizes(cutSends(records, limits))).toEqual([1, 1, 1]);
  });

  test('tombstones and records without keys count', () => {
    const limits = { recordsMax: 100, partitionBytesMax: 100 };
    const tombstone: OutputRecord = { topic: 'a', partition: 0, key: null, value: null };
    expect(sizes(cutSends([tombstone, tombstone, tombstone, tombstone], limits))).toEqual([3, 1]);
  });

  test('whatever comes: all of it, in order, within the limits', () => {
    const any = fc.record({
      topic: fc.constantFrom('a', 'b'),
      bytes: fc.nat(400),
      partition: fc.nat(1),
    });
    const limits = { recordsMax: 7, partitionBytesMax: 500 };
    fc.assert(
      fc.property(fc.array(any), (specs) => {
        const records = specs.map(({ topic, bytes, partition }) => record(topic, bytes, partition));
        const sends = cutSends(records, limits);
        expect(sends.flat()).toEqual(records);
        for (const send of sends) {
          expect(send.length).toBeGreaterThan(0);
          expect(send.length).toBeLessThanOrEqual(limits.recordsMax);
          for (const where of ['a0', 'a1', 'b0', 'b1']) {
            const there = send.filter((one) => `${one.topic}${one.partition}` === where);
            const bytes = there.reduce((sum, one) => sum + (one.value?.length ?? 0), 0);
            expect(there.length === 1 || bytes <= limits.partitionBytesMax).toBe(true);
          }
        }
      }),
    );
  });
});
