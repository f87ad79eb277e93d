import { describe, expect, test } from 'vitest';
import { createRawDecoder } from '../../src/task/decode.ts';
import { createPipeline } from '../../src/task/pipeline.ts';
import type { PipelineDeps } from '../../src/task/pipeline.ts';
import { createMemoryStore } from '../../src/task/store/memory-store.ts';
import type { Turn } from '../../src/task/turn.ts';
import { codec, hasher, record, sealer, tickValue, webhookValue } from './raw-records.ts';
import { topics } from './rig.ts';

const AT = Date.UTC(2026, 0, 5);

function pipeline(more: Partial<PipelineDeps> = {}) {
  const store = createMemoryStore();
  const errors: unknown[] = [];
  const decoder = createRawDecoder({ decoder: codec.readRaw, sealer, partition: 0, partitions: 1 });
  const deps: PipelineDeps = {
    store,
    codec,
    topics,
    deadLetters: {
      topic: topics.deadLetters,
      partitions: 1,
      rawTopic: topics.raw,
      rawPartition: 0,
    },
    partition: 0,
    scoreStep: 5,
    decoder,
    sealer,
    hashAddress: hasher.hash,
    limits: { recordsMax: 100, timersMax: 100, outputBytesMax: 1_000_000 },
    onCoreError: (error) => void errors.push(error),
    ...more,
  };
  return { store, errors, run: createPipeline(deps).run };
}

const delivered = (offset: number, cioId = '1', eventId = `e${offset}`) =>
  record(
    offset,
    AT + offset,
    `w/cio:${cioId}`,
    webhookValue({ cioId, eventId, metric: 'delivered', at: AT, deliveryId: `d${offset}` }),
  );
const count = (turn: Turn, topic: string): number =>
  turn.outputs.filter((output) => output.topic === topic).length;

describe('a turn', () => {
  test('holds everything of its records, and writes nothing', async () => {
    const { run, store } = pipeline();
    const turn = await run([delivered(5), delivered(6), delivered(7, '2')], AT - 1);
    expect(turn).toMatchObject({ consumed: 3, nextOffset: 8n, clock: AT + 7, outage: null });
    expect(count(turn, topics.outcomes)).toBe(3);
    expect(count(turn, topics.profiles)).toBe(2);
    expect(count(turn, topics.deliveries)).toBe(3);
    expect([...store.dump()]).toEqual([]);
  });

  test('counts failures by who refused them, each once', async () => {
    const { run } = pipeline();
    const bounced = (offset: number, eventId: string, recipient: string, text: string) => {
      const data = { recipient, failure_message: text };
      const deliveryId = `d-${eventId}`;
      const spec = { cioId: '1', eventId, metric: 'bounced', at: AT, deliveryId, data };
      return record(offset, AT + offset, 'w/cio:1', webhookValue(spec));
    };
    const gone = '550-5.1.1 The email account that you tried to reach does not exist';
    const turn = await run(
      [
        bounced(1, 'a', 'one@gmail.com', gone),
        bounced(2, 'b', 'two@googlemail.com', '452 4.2.2 mailbox full'),
        bounced(3, 'b', 'two@googlemail.com', '452 4.2.2 mailbox full'),
        bounced(4, 'c', 'three@firm.example', '452 4.2.2 mailbox full'),
        bounced(5, 'd', 'four@firm.example', `${gone} - gsmtp`),
        delivered(6),
      ],
      AT - 1,
    );
    expect(Object.fromEntries(turn.tally.failures)).toEqual({
      'google/hard': 2,
      'google/soft': 1,
      'other/soft': 1,
    });
  });

  test('state records come last, and once per person and delivery', async () => {
    const { run } = pipeline();
    const turn = await run([delivered(0), delivered(1), delivered(2)], 0);
    const order = turn.outputs.map(({ topic }) => topic);
    expect(order.indexOf(topics.profiles)).toBeGreaterThan(order.lastIndexOf(topics.outcomes));
    expect(count(turn, topics.profiles)).toBe(1);
  });

  test('a repeated event leaves nothing but the count', async () => {
    const { run } = pipeline();
    const turn = await run(
      [delivered(0, '1', 'same'), { ...delivered(0, '1', 'same'), offset: 1n }],
      0,
    );
    expect(count(turn, topics.outcomes)).toBe(1);
    expect([...turn.tally.records]).toEqual([
      ['applied/', 1],
      ['duplicate/', 1],
    ]);
  });

  test('the clock never goes back', async () => {
    const { run } = pipeline();
    const turn = await run([delivered(0)], AT + 1_000_000);
    expect(turn.clock).toBe(AT + 1_000_000);
  });

  test('records beyond the limit wait for the next turn', async () => {
    const limits = { recordsMax: 2, timersMax: 9, outputBytesMax: 1_000_000 };
    const { run } = pipeline({ limits });
    const turn = await run([delivered(0), delivered(1), delivered(2)], 0);
    expect(turn).toMatchObject({ consumed: 2, nextOffset: 2n });
  });

  test('so do records beyond the limit of bytes', async () => {
    const limits = { recordsMax: 100, timersMax: 9, outputBytesMax: 300 };
    const { run } = pipeline({ limits });
    const turn = await run([delivered(0), delivered(1), delivered(2), delivered(3)], 0);
    expect(turn.consumed).toBeLessThan(4);
    expect(turn.consumed).toBeGreaterThan(0);
  });

  test('a tick ends the turn before it and has one of its own', async () => {
    const { run } = pipeline();
    const tick = record(1, AT + 1, null, tickValue(AT));
    const first = await run([delivered(0), tick, delivered(2)], 0);
    expect(first.consumed).toBe(1);
    const second = await run([tick, delivered(2)], first.clock);
    expect(second).toMatchObject({ consumed: 1, nextOffset: 2n, outputs: [] });
  });
});

describe('an exception in the core', () => {
  const broken =
    (key: string): PipelineDeps['hashAddress'] =>
    (address) => {
      if (address.includes(key)) throw new TypeError('a defect');
      return hasher.hash(address);
    };

  test('makes its event a dead letter, and no other', async () => {
    const { run, errors } = pipeline({ hashAddress: broken('person2@') });
    const turn = await run([delivered(0), delivered(1, '2'), delivered(2)], 0);
    expect(turn.consumed).toBe(3);
    expect(count(turn, topics.outcomes)).toBe(2);
    expect(count(turn, topics.deadLetters)).toBe(1);
    expect(errors).toHaveLength(1);
    expect(turn.tally.records.get('dead_letter/core_error')).toBe(1);
  });

  test('in writing the state: the event is found and set aside, the others go on', async () => {
    const writeProfile: typeof codec.writeProfile = (profile) => {
      if (profile.profile_id === 'w/cio:2') throw new TypeError('a defect');
      return codec.writeProfile(profile);
    };
    const { run } = pipeline({ codec: { ...codec, writeProfile } });
    const turn = await run([delivered(0), delivered(1, '2'), delivered(2)], 0);
    expect(turn.consumed).toBe(3);
    expect(count(turn, topics.outcomes)).toBe(2);
    expect(count(turn, topics.deadLetters)).toBe(1);
    expect([...turn.writes.profiles.keys()]).toEqual(['w/cio:1']);
  });

  test('state in a layout nobody knows is no poison: the task must stop', async () => {
    const { run, store } = pipeline();
    const first = await run([delivered(0)], 0);
    const [key = '', write] = [...first.writes.profiles][0] ?? [];
    const profile = codec.readProfile.decode(write!.value);
    const value = codec.writeProfile({ ...profile, state: Buffer.from([200]) });
    const checkpoint = {
      inputNext: null,
      clock: 0,
      profilesNext: 0n,
      deliveriesNext: 0n,
      writtenAt: 0,
      schemaIds: [],
    };
    store.apply(
      { profiles: new Map([[key, { value, timerAt: null }]]), deliveries: new Map() },
      checkpoint,
    );
    await expect(run([delivered(1)], 0)).rejects.toMatchObject({ retriable: false });
  });
});

describe('the current address', () => {
  test('is sealed into the profile, and is nowhere in clear', async () => {
    const { run } = pipeline();
    const turn = await run([delivered(0)], 0);
    const [, write] = [...turn.writes.profiles][0] ?? [];
    const { sealed_address } = codec.readProfile.decode(write!.value);
    expect(sealer.open(sealed_address!).toString()).toBe('person1@example.com');
    for (const { key, value } of turn.outputs) {
      expect(`${String(key)}${value?.toString('latin1') ?? ''}`).not.toContain('person1@');
    }
  });
});
