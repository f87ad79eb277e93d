import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { PartitionBounds } from '../../src/log/partition-reader.ts';
import { profileRecord, unknownPerson } from '../../src/task/known-person.ts';
import { LostInputError } from '../../src/task/lost-input.ts';
import type { OutputRecord } from '../../src/task/output.ts';
import { restore } from '../../src/task/restore.ts';
import type { Checkpoint } from '../../src/task/store/store.ts';
import type { InputPosition } from '../../src/task/transaction.ts';
import { createModelLog, pagesOf } from './model-log.ts';
import type { ModelLog } from './model-log.ts';
import { codec } from './raw-records.ts';
import { createDisk, topics } from './rig.ts';
import type { Disk } from './rig.ts';

const checkpoint = (more: Partial<Checkpoint>): Checkpoint => ({
  inputNext: 4n,
  clock: 40,
  profilesNext: 0n,
  deliveriesNext: 0n,
  writtenAt: 1,
  schemaIds: [],
  ...more,
});

const profile = (key: string, version: number, hashKey = codec.hashKey): OutputRecord => ({
  topic: topics.profiles,
  partition: 0,
  key,
  value: codec.writeProfile(profileRecord(key, { ...unknownPerson(), version }, hashKey)),
});
const tombstone = (topic: string, key: string): OutputRecord => ({
  topic,
  partition: 0,
  key,
  value: null,
});

async function logWith(records: readonly OutputRecord[]): Promise<ModelLog> {
  const log = createModelLog(topics.raw);
  const producer = await log.openProducer();
  for (const record of records) {
    const transaction = await producer.begin();
    await transaction.send([record]);
    await transaction.commit();
  }
  return log;
}

type Given = {
  readonly log: ModelLog;
  readonly disk?: Disk;
  readonly committed?: InputPosition | null;
  readonly rawEarliest?: bigint;
  readonly stateEarliest?: bigint;
};

async function restored(given: Given) {
  const { log, disk = createDisk(), committed = null } = given;
  const reads: string[] = [];
  const bounds = (topic: string): PartitionBounds => {
    if (topic === topics.raw) {
      return { earliest: given.rawEarliest ?? 0n, highWatermark: 99n, lastStableOffset: 99n };
    }
    return { ...log.bounds(topic), earliest: given.stateEarliest ?? 0n };
  };
  const result = await restore({
    partition: 0,
    topics,
    reader: {
      bounds: async (topic) => Promise.resolve(new Map([[0, bounds(topic)]])),
      read: ({ topic, from, to }) => {
        if (topic === topics.profiles) reads.push(`${from.toString()}-${(to ?? 0n).toString()}`);
        return pagesOf(log, topic, from, to ?? 0n);
      },
    },
    readPosition: async () => Promise.resolve(committed),
    openFolder: disk.openFolder,
    profiles: codec.readProfile,
    deliveries: codec.readDelivery,
    hashKey: codec.hashKey,
    assertFreeSpace: () => undefined,
    now: () => 7,
    logger: pino({ level: 'silent' }),
  });
  const versionOf = (key: string): number | null => {
    const value = result.folder.store.profile(key);
    return value === null ? null : codec.readProfile.decode(value).version;
  };
  return { ...result, reads, versionOf };
}

const nothing = { profiles: new Map(), deliveries: new Map() };

describe('restoring', () => {
  test('the last record of each key, over the gaps that markers leave', async () => {
    const records = [profile('w/a', 1), profile('w/b', 1), profile('w/a', 2), profile('w/c', 1)];
    const log = await logWith([...records, tombstone(topics.profiles, 'w/c')]);
    const { versionOf, folder, records: count } = await restored({ log });
    expect(['w/a', 'w/b', 'w/c'].map(versionOf)).toEqual([2, 1, null]);
    expect(count).toBe(5);
    expect(folder.store.checkpoint()).toMatchObject({
      profilesNext: 10n,
      deliveriesNext: 0n,
      writtenAt: 7,
    });
  });

  test('only what is new since the checkpoint', async () => {
    const log = await logWith([profile('w/a', 1), profile('w/b', 1)]);
    const disk = createDisk();
    disk.store.apply(nothing, checkpoint({ profilesNext: 2n }));
    const { versionOf, reads } = await restored({
      log,
      disk,
      committed: { nextOffset: 9n, clock: 1 },
    });
    expect(reads).toEqual(['2-4']);
    expect(['w/a', 'w/b'].map(versionOf)).toEqual([null, 1]);
  });

  test.each([
    ['lies before what is kept', { profilesNext: 2n }, 3n],
    ['lies after the end', { profilesNext: 5n }, 0n],
    ['of deliveries lies after the end', { deliveriesNext: 1n }, 0n],
  ])('a checkpoint that %s: all of it, from the beginning', async (_name, more, stateEarliest) => {
    const log = await logWith([profile('w/a', 1), profile('w/b', 1)]);
    const disk = createDisk();
    disk.store.apply(
      {
        profiles: new Map([['w/old', { value: Buffer.alloc(9), timerAt: null }]]),
        deliveries: new Map(),
      },
      checkpoint(more),
    );
    const found = await restored({
      log,
      disk,
      stateEarliest,
      committed: { nextOffset: 9n, clock: 1 },
    });
    expect(found.folder.discarded).toMatch(/checkpoint/);
    expect(found.folder.store.profile('w/old')).toBeNull();
    expect(found.reads).toEqual([`${stateEarliest.toString()}-4`]);
  });

  test('state made under another hash key is refused', async () => {
    const log = await logWith([profile('w/a', 1, 'another')]);
    await expect(restored({ log })).rejects.toMatchObject({ retriable: false });
  });

  test('a state record nobody can decode stops it', async () => {
    const broken = {
      topic: topics.profiles,
      partition: 0,
      key: 'w/a',
      value: Buffer.from('rubbish'),
    };
    await expect(restored({ log: await logWith([broken]) })).rejects.toMatchObject({
      retriable: false,
    });
  });
});

describe('where the input goes on', () => {
  test('at the committed position, clock included', async () => {
    const position = { nextOffset: 12n, clock: 1_234 };
    const found = await restored({ log: await logWith([]), committed: position });
    expect(found.position).toEqual(position);
    expect(found.folder.store.checkpoint()).toMatchObject({ inputNext: 12n, clock: 1_234 });
  });

  test('without one, at the oldest record', async () => {
    const found = await restored({ log: await logWith([]), rawEarliest: 5n });
    expect(found.position).toEqual({ nextOffset: 5n, clock: 0 });
  });

  test('the store never goes back: it was committed once', async () => {
    const disk = createDisk();
    disk.store.apply(nothing, checkpoint({ inputNext: 20n, clock: 77 }));
    const log = await logWith([]);
    const found = await restored({ log, disk, committed: { nextOffset: 3n, clock: 5 } });
    expect(found.position).toEqual({ nextOffset: 20n, clock: 77 });
  });

  test('before the oldest record kept: a loss, never passed over', async () => {
    const log = await logWith([]);
    const lost = restored({ log, rawEarliest: 6n, committed: { nextOffset: 5n, clock: 0 } });
    await expect(lost).rejects.toBeInstanceOf(LostInputError);
  });
});
