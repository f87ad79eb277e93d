import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Draft } from '../src/batch.ts';
import { createCircuit } from '../src/circuit.ts';
import { createLogger } from '../src/log.ts';
import { createProducer } from '../src/producer.ts';
import type { ProducerLimits } from '../src/producer.ts';
import { createPublisher } from '../src/publish.ts';
import type { PublishFate, Publisher, PublisherLimits } from '../src/publish.ts';
import { createFakeKafka } from './fake-sender.ts';
import type { Deed, FakeKafka } from './fake-sender.ts';

const limits: PublisherLimits & ProducerLimits = {
  batchRecordsMax: 10,
  batchBytesMax: 100_000,
  partitionBytesMax: 50_000,
  pendingRecordsMax: 20,
  pendingBytesMax: 500_000,
  batchWaitMs: 5,
  stuckMs: 3000,
  connectTimeoutMs: 1000,
  sendTimeoutMs: 10_000,
  closeTimeoutMs: 500,
  backoffMinMs: 100,
  backoffMaxMs: 1000,
};

type Bench = {
  readonly kafka: FakeKafka;
  readonly publisher: Publisher;
  readonly meter: { batches: number[]; late: number };
  replaced: number;
  unmade: number;
};

function setUp(changed: Partial<typeof limits> = {}): Bench {
  const kafka = createFakeKafka();
  const own = { ...limits, ...changed };
  const bench: Bench = {
    kafka,
    meter: { batches: [], late: 0 },
    replaced: 0,
    unmade: 0,
    publisher: createPublisher({
      producer: startedProducer(kafka, own, () => {
        bench.replaced += 1;
      }),
      limits: own,
      meter: {
        batch: (records) => void bench.meter.batches.push(records),
        late: (records) => {
          bench.meter.late += records;
        },
      },
      onUnmade: () => {
        bench.unmade += 1;
      },
    }),
  };
  return bench;
}

function startedProducer(kafka: FakeKafka, own: ProducerLimits, onReplaced: () => void) {
  const producer = createProducer({
    connect: kafka.connect,
    circuit: createCircuit({ failuresMax: 3, probeIntervalMs: 1000 }, () => 0),
    limits: own,
    logger: createLogger('silent'),
    onReplaced,
  });
  producer.start();
  return producer;
}

const record = (key: string, partition = 0, bytes = 10): Draft => ({
  topic: 'raw',
  partition,
  key,
  valueBytes: bytes,
  value: () => Buffer.alloc(bytes),
});

const put = (bench: Bench, key: string, partition = 0, bytes = 10): Promise<PublishFate> =>
  bench.publisher.publish(record(key, partition, bytes), performance.now() + 3000);

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('batches', () => {
  test('a lone record leaves at once', async () => {
    const bench = setUp();
    await pass(10);
    const fate = put(bench, 'a');
    await pass(0);
    expect(bench.kafka.batches).toHaveLength(1);
    await pass(2);
    expect(await fate).toBe('stored');
    expect(bench.publisher.pending()).toEqual({ records: 0, bytes: 0 });
  });

  test('a sender that waits for each answer never waits for company', async () => {
    const bench = setUp();
    await pass(10);
    const started = performance.now();
    for (let at = 0; at < 5; at += 1) {
      const fate = put(bench, `${at}`);
      await pass(bench.kafka.latencyMs);
      expect(await fate).toBe('stored');
    }
    expect(performance.now() - started).toBe(5 * bench.kafka.latencyMs);
  });

  test('records read in the same turn leave together, in their order', async () => {
    const bench = setUp();
    await pass(10);
    for (const key of ['a', 'b', 'c']) void put(bench, key);
    await pass(1);
    expect(bench.kafka.batches.map((batch) => batch.keys)).toEqual([['a', 'b', 'c']]);
  });

  test('one batch on its way at most, whatever arrives meanwhile', async () => {
    const bench = setUp();
    await pass(10);
    const fates: Promise<PublishFate>[] = [];
    for (let at = 0; at < 60; at += 1) {
      fates.push(put(bench, `${at}`, at % 3));
      await pass(1);
    }
    await pass(50);
    expect(new Set(await Promise.all(fates))).toEqual(new Set(['stored']));
    expect(bench.kafka.mostFlying).toBe(1);
    expect(bench.kafka.log).toEqual(Array.from({ length: 60 }, (_, at) => `${at}`));
  });

  test('after a crowd a few wait for company, but not longer than the wait', async () => {
    const bench = setUp();
    await pass(10);
    for (let at = 0; at < 8; at += 1) void put(bench, `${at}`);
    await pass(2);
    const fate = put(bench, 'late');
    await pass(limits.batchWaitMs - 1);
    expect(bench.kafka.batches).toHaveLength(1);
    await pass(1);
    expect(bench.kafka.batches).toHaveLength(2);
    await pass(2);
    expect(await fate).toBe('stored');
  });

  test('after a crowd, as many again leave at once', async () => {
    const bench = setUp();
    await pass(10);
    for (let at = 0; at < 8; at += 1) void put(bench, `${at}`);
    await pass(2);
    for (let at = 0; at < 8; at += 1) void put(bench, `again ${at}`);
    await pass(0);
    expect(bench.kafka.batches).toHaveLength(2);
  });

  test('no more records in a batch than its bound, the rest follows', async () => {
    const bench = setUp();
    await pass(10);
    for (let at = 0; at < 15; at += 1) void put(bench, `${at}`);
    await pass(20);
    expect(bench.kafka.batches.map((batch) => batch.keys.length)).toEqual([10, 5]);
    expect(bench.meter.batches).toEqual([10, 5]);
  });

  test('no more bytes for one partition than its bound', async () => {
    const bench = setUp();
    await pass(10);
    for (let at = 0; at < 3; at += 1) void put(bench, `${at}`, 0, 20_000);
    await pass(20);
    expect(bench.kafka.batches.map((batch) => batch.keys.length)).toEqual([2, 1]);
  });
});

describe('bounds', () => {
  test('beyond the records pending: refused at once', async () => {
    const bench = setUp();
    await pass(10);
    bench.kafka.deed = () => ({ kind: 'hang' });
    for (let at = 0; at < limits.pendingRecordsMax; at += 1) void put(bench, `${at}`);
    expect(await put(bench, 'one more')).toBe('overloaded');
    bench.kafka.deed = () => ({ kind: 'answer', sent: 'stored' });
    await pass(5);
    bench.kafka.release({ kind: 'answer', sent: 'stored' });
    await pass(20);
    expect(bench.publisher.pending().records).toBe(0);
    const fate = put(bench, 'later');
    await pass(20);
    expect(await fate).toBe('stored');
  });

  test('beyond the bytes pending: refused at once, a smaller one is taken', async () => {
    const bench = setUp({ pendingBytesMax: 30_000 });
    await pass(10);
    bench.kafka.deed = () => ({ kind: 'hang' });
    void put(bench, 'large', 0, 20_000);
    expect(await put(bench, 'too much', 0, 20_000)).toBe('overloaded');
    void put(bench, 'small', 0, 10);
    await pass(5);
    expect(bench.publisher.pending().records).toBe(2);
  });
});

describe('deadlines', () => {
  test('a waiting record is refused at its deadline and never sent', async () => {
    const bench = setUp();
    bench.kafka.isAway = true;
    const fate = bench.publisher.publish(record('a'), performance.now() + 150);
    await pass(149);
    bench.kafka.isAway = false;
    await pass(2);
    expect(await fate).toBe('deadline');
    await pass(2000);
    expect(bench.kafka.log).toEqual([]);
  });

  test('a batch on its way stays there; what is stored late is counted', async () => {
    const bench = setUp();
    await pass(10);
    bench.kafka.deed = () => ({ kind: 'hang' });
    const fate = put(bench, 'a');
    await pass(3001);
    expect(await fate).toBe('deadline');
    expect(bench.publisher.pending().records).toBe(1);
    bench.kafka.release({ kind: 'answer', sent: 'stored' });
    await pass(5);
    expect(bench.kafka.log).toEqual(['a']);
    expect(bench.meter.late).toBe(1);
    expect(bench.replaced).toBe(0);
    expect(bench.publisher.pending().records).toBe(0);
  });

  test('an earlier deadline that comes later is kept too', async () => {
    const bench = setUp();
    bench.kafka.isAway = true;
    void put(bench, 'a');
    const hasty = bench.publisher.publish(record('b'), performance.now() + 50);
    await pass(52);
    expect(await hasty).toBe('deadline');
  });

  test('while a batch is stuck newcomers are refused at once', async () => {
    const bench = setUp();
    await pass(10);
    bench.kafka.deed = () => ({ kind: 'hang' });
    void put(bench, 'a');
    await pass(3002);
    expect(await put(bench, 'b')).toBe('unavailable');
    bench.kafka.deed = () => ({ kind: 'answer', sent: 'stored' });
    bench.kafka.release({ kind: 'answer', sent: 'stored' });
    await pass(5);
    const after = put(bench, 'c');
    await pass(10);
    expect(await after).toBe('stored');
  });
});

describe('failures', () => {
  test('a failed batch is sent again through a fresh sender, in its order', async () => {
    const bench = setUp();
    await pass(10);
    let tries = 0;
    bench.kafka.deed = () =>
      (tries += 1) === 1 ? { kind: 'fail' } : { kind: 'answer', sent: 'stored' };
    const fates = ['a', 'b'].map((key) => put(bench, key));
    await pass(1);
    fates.push(put(bench, 'c'));
    await pass(100);
    expect(await Promise.all(fates)).toEqual(['stored', 'stored', 'stored']);
    expect(bench.kafka.log).toEqual(['a', 'b', 'c']);
    expect(bench.kafka.batches[0]).toEqual({ sender: 1, keys: ['a', 'b'] });
    expect(bench.kafka.batches[1]?.sender).toBe(2);
    expect(bench.kafka.closed).toContain(1);
    expect(bench.replaced).toBe(1);
  });

  test('a lost answer: the record may be stored twice, and is acknowledged once', async () => {
    const bench = setUp();
    await pass(10);
    let tries = 0;
    bench.kafka.deed = () =>
      (tries += 1) === 1 ? { kind: 'fail-after-write' } : { kind: 'answer', sent: 'stored' };
    const fate = put(bench, 'a');
    await pass(100);
    expect(await fate).toBe('stored');
    expect(bench.kafka.log).toEqual(['a', 'a']);
  });

  test('Kafka away: failures are fast after three, and over when it is back', async () => {
    const bench = setUp();
    bench.kafka.isAway = true;
    const first = put(bench, 'a');
    await pass(1000);
    expect(await first).toBe('unavailable');
    const started = performance.now();
    expect(await put(bench, 'b')).toBe('unavailable');
    expect(performance.now()).toBe(started);
    bench.kafka.isAway = false;
    await pass(3000);
    const later = put(bench, 'c');
    await pass(10);
    expect(await later).toBe('stored');
  });

  test('a broker that fails everything: refused at once, one probe a second', async () => {
    const bench = setUp();
    await pass(10);
    bench.kafka.deed = () => ({ kind: 'fail' });
    const first = put(bench, 'a');
    await pass(1000);
    expect(await first).toBe('unavailable');
    const sendsBefore = bench.kafka.batches.length;
    const fates: Promise<PublishFate>[] = [];
    for (let at = 0; at < 500; at += 1) {
      fates.push(put(bench, `${at}`));
      await pass(10);
    }
    await pass(2000);
    expect(new Set(await Promise.all(fates))).toEqual(new Set(['unavailable']));
    expect(bench.kafka.batches.length - sendsBefore).toBeLessThanOrEqual(6);
    bench.kafka.deed = () => ({ kind: 'answer', sent: 'stored' });
    await pass(1000);
    const probe = put(bench, 'probe');
    await pass(10);
    expect(await probe).toBe('stored');
  });

  test('the third failure in a row is told at once, not when the connection is back', async () => {
    const bench = setUp();
    await pass(10);
    bench.kafka.deed = () => {
      if (bench.kafka.batches.length === 3) bench.kafka.connectMs = 900;
      return { kind: 'fail' };
    };
    const fate = put(bench, 'a');
    await pass(100);
    expect(bench.kafka.batches).toHaveLength(3);
    expect(await Promise.race([fate, Promise.resolve('waiting')])).toBe('unavailable');
  });

  test('a batch without any answer is given up after its time, and sent again', async () => {
    const bench = setUp({ sendTimeoutMs: 500 });
    await pass(10);
    let tries = 0;
    bench.kafka.deed = () =>
      (tries += 1) === 1 ? { kind: 'hang' } : { kind: 'answer', sent: 'stored' };
    const fate = put(bench, 'a');
    await pass(1000);
    expect(await fate).toBe('stored');
    expect(bench.kafka.batches.map((batch) => batch.sender)).toEqual([1, 2]);
    const closings = bench.kafka.closed.length;
    // kafkajs reconnects for a batch it still repeats: it is let go again once that ends.
    bench.kafka.release({ kind: 'fail' });
    await pass(10);
    expect(bench.kafka.closed.length).toBe(closings + 1);
  });

  test('a record that cannot be made is told, and takes nobody along', async () => {
    const bench = setUp();
    await pass(1);
    const broken = { ...record('broken'), value: () => Buffer.alloc(-1) };
    const fate = bench.publisher.publish(broken, performance.now() + 3000);
    const other = put(bench, 'other');
    await pass(bench.kafka.latencyMs + 1);
    expect(await Promise.all([fate, other])).toEqual(['unexpected', 'stored']);
    expect(bench.unmade).toBe(1);
    expect(bench.publisher.pending()).toEqual({ records: 0, bytes: 0 });
  });

  test('a batch that hung: nobody waits for such a broker again, until a probe finds it', async () => {
    const bench = setUp({ sendTimeoutMs: 1500 });
    await pass(10);
    bench.kafka.deed = () => ({ kind: 'hang' });
    const fate = put(bench, 'a');
    bench.kafka.isAway = true;
    await pass(1600);
    expect(await fate).toBe('unavailable');
    expect(await put(bench, 'b')).toBe('unavailable');
    bench.kafka.isAway = false;
    bench.kafka.deed = () => ({ kind: 'answer', sent: 'stored' });
    await pass(3000);
    const probe = put(bench, 'c');
    await pass(100);
    expect(await probe).toBe('stored');
    bench.kafka.release({ kind: 'fail' });
    await pass(10);
  });

  test('too large: the largest record is named, the others are stored', async () => {
    const bench = setUp();
    await pass(10);
    bench.kafka.deed = (records) => ({
      kind: 'answer',
      sent: records.some((each) => each.value.length > 1000) ? 'too_large' : 'stored',
    });
    const fates = [put(bench, 'a'), put(bench, 'large', 0, 2000), put(bench, 'b')];
    await pass(100);
    expect(await Promise.all(fates)).toEqual(['stored', 'too_large', 'stored']);
    expect(bench.kafka.log).toEqual(['a', 'b']);
    expect(bench.replaced).toBe(1);
  });
});

describe('the life of a sender', () => {
  test('closing waits for what is on its way, and takes nothing more', async () => {
    const bench = setUp();
    await pass(10);
    bench.kafka.latencyMs = 200;
    const fate = put(bench, 'a');
    await pass(1);
    const closing = bench.publisher.close(3000);
    expect(await put(bench, 'b')).toBe('unavailable');
    await pass(300);
    await closing;
    expect(await fate).toBe('stored');
    expect(bench.kafka.closed).toEqual([1]);
  });

  test('closing does not wait longer than it may', async () => {
    const bench = setUp();
    bench.kafka.isAway = true;
    await pass(10);
    const fate = put(bench, 'a');
    const closing = bench.publisher.close(50);
    await pass(60);
    await closing;
    expect(await fate).toBe('unavailable');
    bench.kafka.isAway = false;
    await pass(5000);
    expect(bench.kafka.batches).toEqual([]);
  });
});

test('whatever the broker does: stored means written, one batch at a time, order kept', async () => {
  const deed = fc.constantFrom<Deed>(
    { kind: 'answer', sent: 'stored' },
    { kind: 'answer', sent: 'stored' },
    { kind: 'fail' },
    { kind: 'fail-after-write' },
  );
  const step = fc.record({ partition: fc.nat(2), gapMs: fc.nat(20) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(deed, { minLength: 1, maxLength: 12 }),
      fc.array(step, { minLength: 1, maxLength: 30 }),
      async (deeds, steps) => {
        const bench = setUp();
        let at = 0;
        bench.kafka.deed = () => deeds[(at += 1) % deeds.length]!;
        const fates: Promise<PublishFate>[] = [];
        for (const [number, { partition, gapMs }] of steps.entries()) {
          fates.push(put(bench, `${number}/${partition}`, partition));
          await pass(gapMs);
        }
        await pass(10_000);
        const settled = await Promise.all(fates);
        expect(bench.kafka.mostFlying).toBeLessThanOrEqual(1);
        expect(bench.publisher.pending()).toEqual({ records: 0, bytes: 0 });
        const written = new Set(bench.kafka.log);
        for (const [number, fate] of settled.entries()) {
          const key = `${number}/${steps[number]!.partition}`;
          if (fate === 'stored') expect(written).toContain(key);
        }
        // The last copy of each acknowledged record stands in the order of arrival per partition.
        for (const partition of [0, 1, 2]) {
          const own = settled.flatMap((fate, number) =>
            fate === 'stored' && steps[number]!.partition === partition ? [number] : [],
          );
          const places = own.map((number) => bench.kafka.log.lastIndexOf(`${number}/${partition}`));
          expect(places).toEqual([...places].sort((one, other) => one - other));
        }
        const closing = bench.publisher.close(10);
        await pass(600);
        await closing;
      },
    ),
    { numRuns: 60 },
  );
});
