import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createDecoder, createEncoder } from '@landed/schemas/codec';
import { readDeadLetterHeaders } from '@landed/schemas/dead-letter';
import type { MessageOutcome, ScoreChange } from '@landed/schemas/events.gen';
import { OperationError } from '@landed/schemas/fate';
import { partitionOf } from '@landed/schemas/key';
import type { SchemaIds } from '@landed/schemas/registry';
import { groupBy } from '@landed/schemas/group-by';
import { createPositions, createTaskProducers } from '../../src/task/kafka-transaction.ts';
import { tickRecord } from '../../src/task/ticks.ts';
import { FencedError } from '../../src/task/transaction.ts';
import { scoreGroup } from '../../src/task/score-role.ts';
import { PARTITIONS, createHarness, eventually } from './harness.ts';
import type { Harness } from './harness.ts';
import { sealer } from './raw-records.ts';

const stack = inject('stack');
const HOUR_MS = 3_600_000;

/** A person's record key, and its partition. */
const keyOf = (cioId: string): string => `w/cio:${cioId}`;
const partitionOfPerson = (cioId: string): number => partitionOf(keyOf(cioId), PARTITIONS);

type Send = {
  readonly cioId: string;
  readonly eventId: string;
  readonly metric?: string;
  readonly at?: number;
  readonly failure?: string;
};

function rawMessage(ids: SchemaIds, send: Send) {
  const { cioId, eventId, metric = 'delivered', at = Date.now(), failure } = send;
  const recipient = `person${cioId}@example.com`;
  const body = Buffer.from(
    JSON.stringify({
      event_id: eventId,
      object_type: 'email',
      metric,
      timestamp: Math.floor(at / 1_000),
      data: {
        identifiers: { id: null, email: recipient, cio_id: cioId },
        recipient,
        delivery_id: `d-${eventId}`,
        ...(failure === undefined ? {} : { failure_message: failure }),
      },
    }),
  );
  const value = createEncoder(
    'RawWebhook',
    ids.RawWebhook,
  )({
    ...tickRecord(Date.now()),
    kind: 'webhook',
    source: 'customerio',
    workspace: 'w',
    event_id: eventId,
    body: sealer.seal(body),
    body_bytes: body.length,
  });
  return { key: keyOf(cioId), value, partition: partitionOfPerson(cioId) };
}

describe('the score role on a broker', () => {
  let harness: Harness;
  let ids: SchemaIds;
  beforeAll(async () => {
    harness = await createHarness(stack);
    ids = await harness.registry.schemaIds();
  });
  afterAll(async () => harness.close());

  const produce = async (sends: readonly Send[]): Promise<void> => {
    const messages = sends.map((send) => rawMessage(ids, send));
    await harness.producer.send({ topic: harness.config.topics.raw, messages });
  };
  const outcomes = async (): Promise<readonly MessageOutcome[]> => {
    const decoder = createDecoder('MessageOutcome', harness.registry.fetchSchema);
    const records = await harness.all(harness.config.topics.outcomes);
    await decoder.prepare(records.map(({ value }) => value));
    return records.map(({ value }) => decoder.decode(value!));
  };
  const changes = async (): Promise<readonly ScoreChange[]> => {
    const decoder = createDecoder('ScoreChange', harness.registry.fetchSchema);
    const records = await harness.all(harness.config.topics.scoreChanges);
    await decoder.prepare(records.map(({ value }) => value));
    return records.map(({ value }) => decoder.decode(value!));
  };
  const people = Array.from({ length: 60 }, (_, number) => String(number));
  const expectOnce = async (prefix: string): Promise<void> => {
    const found = (await outcomes()).map(({ event_id }) => event_id);
    const ofRun = found.filter((id) => id.startsWith(prefix)).sort();
    expect(ofRun).toEqual(people.map((cioId) => `${prefix}${cioId}`).sort());
  };
  const isThrough = async (prefix: string): Promise<boolean> =>
    (await outcomes()).filter(({ event_id }) => event_id.startsWith(prefix)).length >=
    people.length;

  test('two members share the partitions, one leaves, one is new: each event once', async () => {
    const first = await harness.member();
    await eventually('the first is ready', first.role.isReady);
    await produce(people.map((cioId) => ({ cioId, eventId: `a${cioId}` })));
    await eventually('the first run is through', async () => isThrough('a'));
    const second = await harness.member();
    await produce(people.map((cioId) => ({ cioId, eventId: `b${cioId}` })));
    await eventually('the second run is through', async () => isThrough('b'));
    await eventually('the second has partitions', async () =>
      /state="running"\} 1/.test(await second.metrics.registry.metrics()),
    );
    await first.stop();
    await produce(people.map((cioId) => ({ cioId, eventId: `c${cioId}` })));
    await eventually('the third run is through', async () => isThrough('c'));
    for (const prefix of ['a', 'b', 'c']) await expectOnce(prefix);
    const versions = groupBy(await changes(), ({ profile_id }) => profile_id);
    for (const [, ofPerson] of versions) {
      expect(ofPerson.map(({ version }) => version)).toEqual(ofPerson.map((_, at) => at + 1));
    }
    expect(second.crashes).toEqual([]);
    await second.stop();
  });

  test('poison goes to the dead letters, in the same transaction, and the partition moves on', async () => {
    const member = await harness.member();
    const { topics } = harness.config;
    const messages = [
      { key: keyOf('1'), value: Buffer.from('rubbish'), partition: partitionOfPerson('1') },
      { key: keyOf('1'), value: null, partition: partitionOfPerson('1') },
      rawMessage(ids, { cioId: '1', eventId: 'late', at: Date.now() + 5 * HOUR_MS }),
      rawMessage(ids, { cioId: '1', eventId: 'good' }),
    ];
    await harness.producer.send({ topic: topics.raw, messages });
    await eventually('the good one came through', async () =>
      (await outcomes()).some(({ event_id }) => event_id === 'good'),
    );
    const letters = (await harness.all(topics.deadLetters)).map((record) => ({
      ...readDeadLetterHeaders(record.headers),
      value: record.value,
    }));
    expect(letters.map(({ reason }) => reason).sort()).toEqual([
      'bad_magic',
      'future_timestamp',
      'undecodable',
    ]);
    expect(letters.find(({ reason }) => reason === 'bad_magic')?.value?.toString()).toBe('rubbish');
    await member.stop();
  });

  test('an unknown schema id holds its partition, and no other, until it is known', async () => {
    let isKnown = false;
    const registry = {
      ...harness.registry,
      fetchSchema: async (id: number) => {
        if (id !== 77_777) return harness.registry.fetchSchema(id);
        if (isKnown) return harness.registry.fetchSchema(ids.RawWebhook);
        throw new OperationError('not registered', { retriable: true });
      },
    };
    const member = await harness.member({ registry });
    await eventually('it is ready', member.role.isReady);
    const [held = '', free = ''] = [0, 1].map(
      (partition) => people.find((cioId) => partitionOfPerson(cioId) === partition) ?? '',
    );
    const strange = rawMessage(ids, { cioId: held, eventId: 'strange' });
    strange.value.writeInt32BE(77_777, 1);
    const messages = [
      rawMessage(ids, { cioId: held, eventId: 'before' }),
      strange,
      rawMessage(ids, { cioId: held, eventId: 'behind' }),
      rawMessage(ids, { cioId: free, eventId: 'free' }),
    ];
    await harness.producer.send({ topic: harness.config.topics.raw, messages });
    const seen = async (): Promise<string[]> => (await outcomes()).map(({ event_id }) => event_id);
    await eventually('what can go on goes on', async () => {
      const found = await seen();
      return found.includes('before') && found.includes('free');
    });
    await eventually('the alarm is on', async () =>
      /processor_waiting\{partition="0"\} 1/.test(await member.metrics.registry.metrics()),
    );
    expect(await seen()).not.toContain('behind');
    isKnown = true;
    await eventually('the rest follows, in order', async () => (await seen()).includes('behind'));
    const ofHeld = (await seen()).filter((id) => ['before', 'strange', 'behind'].includes(id));
    expect(ofHeld).toEqual(['before', 'strange', 'behind']);
    expect(await member.metrics.registry.metrics()).toMatch(/processor_waiting\{partition="0"\} 0/);
    await member.stop();
  });

  test('a partition that was taken from a member comes back by a new join, each event once', async () => {
    const member = await harness.member();
    await eventually('it is ready', member.role.isReady);
    const { kafka, admin, config } = harness;
    const groupId = scoreGroup(config.prefix);
    const deps = {
      kafka,
      admin,
      groupId,
      rawTopic: config.topics.raw,
      transactionalIdPrefix: groupId,
    };
    const thief = await createTaskProducers(deps)(1);
    await produce(people.map((cioId) => ({ cioId, eventId: `t${cioId}` })));
    await eventually('the member has noticed', async () =>
      /processor_task_failures_total\{reason="fenced"\} 1/.test(
        await member.metrics.registry.metrics(),
      ),
    );
    await eventually('everything is through', async () => isThrough('t'));
    await expectOnce('t');
    expect(member.crashes).toEqual([]);
    await thief.close();
    await member.stop();
  });

  test('a timer fires without any event: time passes in the log', async () => {
    const member = await harness.member();
    await eventually('it is ready', member.role.isReady);
    // A failure that may be tried again after four hours, three seconds from now.
    const at = Date.now() - 4 * HOUR_MS + 3_000;
    const failure = '421 4.4.2 Connection timed out, try again later';
    await produce([{ cioId: 'timer', eventId: 'soft', metric: 'bounced', at, failure }]);
    await eventually('the timer has fired', async () =>
      (await changes()).some(
        ({ cause, profile_id, after }) =>
          cause.kind === 'timer' && profile_id === keyOf('timer') && after.resend_eligible,
      ),
    );
    await member.stop();
  });

  test('a restart on an empty disk restores the state, a restart on its own disk reads little', async () => {
    const stateDir = harness.stateDir('kept');
    const first = await harness.member({ stateDir });
    await eventually('it is ready', first.role.isReady);
    const restored = async (metrics: typeof first.metrics): Promise<number> => {
      const text = await metrics.registry.metrics();
      return Number(/processor_restored_records_total (\d+)/.exec(text)?.[1] ?? NaN);
    };
    expect(await restored(first.metrics)).toBeGreaterThan(people.length);
    await first.stop();
    expect(readdirSync(stateDir)).toHaveLength(PARTITIONS);
    const second = await harness.member({ stateDir });
    await eventually('it is ready again', second.role.isReady);
    expect(await restored(second.metrics)).toBe(0);
    await produce(people.map((cioId) => ({ cioId, eventId: `a${cioId}` })));
    await produce(people.map((cioId) => ({ cioId, eventId: `z${cioId}` })));
    await eventually('the last run is through', async () => isThrough('z'));
    await expectOnce('a');
    await second.stop();
  });
});

describe('transactions over kafkajs', () => {
  let harness: Harness;
  beforeAll(async () => void (harness = await createHarness(stack)));
  afterAll(async () => harness.close());

  const open = () => {
    const { kafka, admin, config } = harness;
    const deps = {
      kafka,
      admin,
      groupId: `${config.prefix}group`,
      rawTopic: config.topics.raw,
      transactionalIdPrefix: `${config.prefix}tx`,
    };
    return { openProducer: createTaskProducers(deps), readPosition: createPositions(deps) };
  };
  const record = (value: string) => ({
    topic: harness.config.topics.outcomes,
    partition: 0,
    key: 'k',
    value: Buffer.from(value),
  });
  const values = async (): Promise<(string | undefined)[]> =>
    (await harness.all(harness.config.topics.outcomes)).map(({ value }) => value?.toString());

  test('records, position and clock become visible with the commit, together', async () => {
    const { openProducer, readPosition } = open();
    const producer = await openProducer(0);
    expect(await readPosition(0)).toBeNull();
    const transaction = await producer.begin();
    const written = await transaction.send([record('a'), record('b')]);
    expect(written.get(harness.config.topics.outcomes)).toBe(2n);
    await transaction.sendPosition({ nextOffset: 7n, clock: 1_700_000_000_123 });
    expect(await values()).toEqual([]);
    await transaction.commit();
    await eventually('it is visible', async () => (await values()).length === 2);
    expect(await readPosition(0)).toEqual({ nextOffset: 7n, clock: 1_700_000_000_123 });
    await producer.close();
  });

  test('positions alone, one after the other', async () => {
    const { openProducer, readPosition } = open();
    const producer = await openProducer(1);
    for (let next = 1n; next <= 25n; next++) {
      const transaction = await producer.begin();
      await transaction.sendPosition({ nextOffset: next, clock: Number(next) });
      await transaction.commit();
    }
    await producer.close();
    const again = await openProducer(1);
    expect(await readPosition(1)).toEqual({ nextOffset: 25n, clock: 25 });
    await again.close();
  });

  test.each(['send', 'position', 'commit'] as const)(
    'a zombie is fenced at its %s',
    async (step) => {
      const { openProducer } = open();
      const before = await values();
      const zombie = await openProducer(2);
      const transaction = await zombie.begin();
      await transaction.send([record(`zombie ${step}`)]);
      const owner = await openProducer(2);
      const act = async (): Promise<unknown> => {
        if (step === 'send') return transaction.send([record('more')]);
        if (step === 'position') return transaction.sendPosition({ nextOffset: 99n, clock: 0 });
        return transaction.commit();
      };
      await expect(act()).rejects.toBeInstanceOf(FencedError);
      const own = await owner.begin();
      await own.send([record(`owner ${step}`)]);
      await own.sendPosition({ nextOffset: 3n, clock: 0 });
      await own.commit();
      await eventually('the owner is visible', async () => (await values()).length > before.length);
      expect((await values()).slice(before.length)).toEqual([`owner ${step}`]);
      await zombie.close();
      await owner.close();
    },
  );
});
