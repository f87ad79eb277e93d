import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OutgoingRecord } from '../src/batch.ts';
import { connectThrough } from '../src/kafka-sender.ts';
import type { Sender, Sent } from '../src/producer.ts';
import { createFakeBrokers } from './fake-broker.ts';
import type { Fault } from './fake-broker.ts';

const PARTITIONS = 3;

const record = (id: number, partition: number): OutgoingRecord => ({
  topic: 'raw',
  partition,
  key: null,
  value: Buffer.from(String(id)),
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Sends while time passes. */
async function send(sender: Sender, records: readonly OutgoingRecord[]): Promise<Sent | 'failed'> {
  const outcomes: (Sent | 'failed')[] = [];
  sender.send(records).then(
    (sent) => outcomes.push(sent),
    () => outcomes.push('failed'),
  );
  for (;;) {
    await vi.advanceTimersByTimeAsync(100);
    const [outcome] = outcomes;
    if (outcome !== undefined) return outcome;
  }
}

function setUp(faults: readonly Fault[]) {
  const left = [...faults];
  return createFakeBrokers(() => left.shift() ?? 'none', PARTITIONS);
}

const anyFault = fc.constantFrom<Fault>('none', 'lost-request', 'lost-answer', 'moved', 'partly');

describe('an idempotent producer over unreliable connections', () => {
  test('whatever happens to requests and answers: all is written once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyFault, { maxLength: 8 }),
        fc.array(fc.array(fc.nat(PARTITIONS - 1), { minLength: 1, maxLength: 6 }), {
          minLength: 1,
          maxLength: 6,
        }),
        async (faults, batches) => {
          const brokers = setUp(faults);
          const sender = await connectThrough(brokers.own);
          const written: string[][] = Array.from({ length: PARTITIONS }, () => []);
          let id = 0;
          for (const partitions of batches) {
            const records = partitions.map((partition) => record(++id, partition));
            expect(await send(sender, records)).toBe('stored');
            for (const { partition, value } of records) written[partition]?.push(String(value));
          }
          for (const [partition, values] of written.entries()) {
            expect(brokers.valuesOf(`raw/${partition}`)).toEqual(values);
          }
        },
      ),
    );
  });

  test('only what is not answered for is sent again', async () => {
    const brokers = setUp(['partly']);
    const sender = await connectThrough(brokers.own);
    expect(await send(sender, [record(1, 0), record(2, 2), record(3, 0)])).toBe('stored');
    expect(brokers.requests()).toBe(2);
    expect(brokers.valuesOf('raw/0')).toEqual(['1', '3']);
  });

  test('gives up in the end, and at once when it is let go', async () => {
    const brokers = setUp(Array.from({ length: 100 }, () => 'lost-request'));
    const sender = await connectThrough(brokers.own);
    expect(await send(sender, [record(1, 0)])).toBe('failed');
    expect(brokers.requests()).toBe(10);
    const released = await connectThrough(brokers.own);
    const outcome = send(released, [record(1, 0)]);
    await released.close();
    expect(await outcome).toBe('failed');
    expect(brokers.requests()).toBe(11);
  });

  test('an error that no repetition mends ends the call at once', async () => {
    const brokers = setUp([]);
    const first = await connectThrough(brokers.own);
    expect(await send(first, [record(1, 0)])).toBe('stored');
    // The broker knows the number of the first for another batch of the same producer.
    const second = await connectThrough(brokers.own);
    expect(await send(second, [record(2, 0), record(3, 0)])).toBe('failed');
    expect(brokers.requests()).toBe(2);
  });
});
