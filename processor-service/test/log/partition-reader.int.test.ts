import { randomBytes } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import type { Admin, Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { kafkaOptions, taskProducerOptions } from '@landed/schemas/kafka';
import { OffsetOutOfRangeError, createPartitionReader } from '../../src/log/partition-reader.ts';
import type { PartitionReader } from '../../src/log/partition-reader.ts';

const stack = inject('stack');
const kafka = new Kafka({
  ...kafkaOptions({ KAFKA_BROKERS: stack.kafkaBrokers.split(','), KAFKA_TLS: false }, 'test'),
  logLevel: logLevel.NOTHING,
});
const name = (what: string): string => `t${randomBytes(5).toString('hex')}.${what}`;

describe('the direct reader on a broker', () => {
  let admin: Admin;
  let producer: Producer;
  let reader: PartitionReader;
  const topics: string[] = [];
  beforeAll(async () => {
    admin = kafka.admin();
    await admin.connect();
    producer = kafka.producer(taskProducerOptions(name('tx')));
    await producer.connect();
    reader = createPartitionReader({ kafka });
  });
  afterAll(async () => {
    await reader.close();
    await producer.disconnect();
    await admin.deleteTopics({ topics });
    await admin.disconnect();
  });

  const makeTopic = async (
    numPartitions: number,
    config: Record<string, string> = {},
  ): Promise<string> => {
    const topic = name('topic');
    const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }));
    await admin.createTopics({
      topics: [{ topic, numPartitions, configEntries }],
      waitForLeaders: true,
    });
    topics.push(topic);
    return topic;
  };
  type Sent = { readonly partition: number; readonly key: string; readonly value: string | null };
  const write = async (
    topic: string,
    messages: readonly Sent[],
    end: 'commit' | 'abort' = 'commit',
  ): Promise<void> => {
    const transaction = await producer.transaction();
    await transaction.sendBatch({ topicMessages: [{ topic, messages: [...messages] }] });
    await transaction[end]();
  };
  const readAll = async (
    topic: string,
    from = 0n,
  ): Promise<{ readonly values: string[]; readonly end: bigint }> => {
    const values: string[] = [];
    let end = from;
    for await (const page of reader.read({ topic, partition: 0, from })) {
      values.push(...page.records.map(({ value }) => String(value)));
      end = page.nextOffset;
    }
    return { values, end };
  };

  test('many partitions in one fetch, aborted records left out', async () => {
    const topic = await makeTopic(3);
    const spread = (value: string): Sent[] =>
      [0, 1, 2].map((partition) => ({ partition, key: 'k', value: `${value}${partition}` }));
    await write(topic, spread('a'));
    await write(topic, spread('b'), 'abort');
    await write(topic, spread('c'));
    const bounds = await reader.bounds(topic, [0, 1, 2]);
    expect(bounds.get(2)).toEqual({ earliest: 0n, highWatermark: 6n, lastStableOffset: 6n });
    const positions = [0, 1, 2].map((partition) => ({ topic, partition, offset: 0n }));
    const fetched = await reader.fetch({ positions, maxWaitMs: 500 });
    for (const one of fetched) {
      expect(one).toMatchObject({ kind: 'records', nextOffset: 6n });
      const values = one.kind === 'records' ? one.records.map(({ value }) => String(value)) : [];
      expect(values).toEqual([`a${one.partition}`, `c${one.partition}`]);
    }
  });

  test('an open transaction hides what follows it until it ends', async () => {
    const topic = await makeTopic(1);
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ partition: 0, value: 'open' }] });
    const plain = kafka.producer({ allowAutoTopicCreation: false });
    await plain.connect();
    await plain.send({ topic, messages: [{ partition: 0, value: 'plain' }] });
    const bounds = await reader.bounds(topic, [0]);
    expect(bounds.get(0)).toEqual({ earliest: 0n, highWatermark: 2n, lastStableOffset: 0n });
    expect((await readAll(topic)).values).toEqual([]);
    await transaction.commit();
    await plain.disconnect();
    expect((await readAll(topic)).values).toEqual(['open', 'plain']);
  });

  test('waits for the first record as long as it is told, and no longer', async () => {
    const topic = await makeTopic(1);
    const positions = [{ topic, partition: 0, offset: 0n }];
    const begin = performance.now();
    const [nothing] = await reader.fetch({ positions, maxWaitMs: 300 });
    expect(nothing).toMatchObject({ kind: 'records', records: [], nextOffset: 0n });
    expect(performance.now() - begin).toBeGreaterThan(250);
    const waiting = reader.fetch({ positions, maxWaitMs: 20_000 });
    await write(topic, [{ partition: 0, key: 'k', value: 'v' }]);
    const [some] = await waiting;
    expect(some?.kind === 'records' && some.records.length).toBe(1);
  });

  test('beyond the end, before the beginning: said, not guessed', async () => {
    const topic = await makeTopic(1);
    await write(topic, [{ partition: 0, key: 'k', value: 'a' }]);
    await write(topic, [{ partition: 0, key: 'k', value: 'b' }]);
    // kafkajs finds the leader only of a topic it has asked about before.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
    for (const offset of [0n, 99n]) {
      const positions = [{ topic, partition: 0, offset }];
      const [fetched] = await reader.fetch({ positions, maxWaitMs: 100 });
      expect(fetched).toMatchObject({ kind: 'out_of_range', bounds: { earliest: 2n } });
    }
    const reading = readAll(topic, 0n);
    await expect(reading).rejects.toBeInstanceOf(OffsetOutOfRangeError);
    expect((await readAll(topic, 2n)).values).toEqual(['b']);
  });

  test('a topic that is not there is unavailable, a closed reader is closed', async () => {
    const other = createPartitionReader({ kafka });
    const positions = [{ topic: name('none'), partition: 0, offset: 0n }];
    expect(await other.fetch({ positions, maxWaitMs: 100 })).toMatchObject([
      { kind: 'unavailable' },
    ]);
    await other.close();
    await expect(other.fetch({ positions, maxWaitMs: 100 })).rejects.toMatchObject({
      retriable: false,
    });
  });

  test('a range read in small pages ends where it is told', async () => {
    const topic = await makeTopic(1);
    for (let n = 0; n < 5; n++) await write(topic, [{ partition: 0, key: 'k', value: String(n) }]);
    const values: string[] = [];
    let pages = 0;
    for await (const page of reader.read({ topic, partition: 0, from: 2n, to: 7n, pageBytes: 1 })) {
      values.push(...page.records.map(({ value }) => String(value)));
      pages++;
    }
    // Each record is followed by the marker of its transaction.
    expect(values).toEqual(['1', '2', '3']);
    expect(pages).toBeGreaterThan(2);
  });

  test(
    'what compaction leaves: gaps, emptied batches, an emptied end',
    { timeout: 150_000 },
    async () => {
      const topic = await makeTopic(1, {
        'cleanup.policy': 'compact',
        'segment.ms': '500',
        'min.cleanable.dirty.ratio': '0.001',
        'max.compaction.lag.ms': '500',
        'delete.retention.ms': '0',
      });
      const key = (n: number): string => `k${n % 5}`;
      for (let n = 0; n < 40; n++) {
        const end = n % 4 === 3 ? 'abort' : 'commit';
        await write(topic, [{ partition: 0, key: key(n), value: String(n) }], end);
        if (n % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 700));
      }
      // The last state of each key, aborted ones left out.
      const last = new Map<string, string>();
      for (let n = 0; n < 40; n++) if (n % 4 !== 3) last.set(key(n), String(n));
      const deadline = performance.now() + 120_000;
      for (;;) {
        // A record now and then closes the segment before it, so that it can be cleaned.
        await write(topic, [{ partition: 0, key: 'closing', value: null }]);
        const { lastStableOffset } = (await reader.bounds(topic, [0])).get(0)!;
        const { values, end } = await readAll(topic);
        expect(end).toBeGreaterThanOrEqual(lastStableOffset);
        const states = values.filter((value) => value !== 'null');
        for (const value of last.values()) expect(states).toContain(value);
        if (states.length === last.size) break;
        if (performance.now() > deadline) throw new Error(`never cleaned: ${states.length} left`);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
      // From every offset within the gaps it goes on, and reaches the end.
      for (let from = 0n; from < 60n; from += 7n) {
        const { end } = await readAll(topic, from);
        expect(end).toBeGreaterThan(60n);
      }
    },
  );
});
