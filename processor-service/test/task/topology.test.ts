import { describe, expect, test } from 'vitest';
import { avroSchemaText } from '@landed/schemas/avro';
import { createDecoder } from '@landed/schemas/codec';
import { readDeadLetterHeaders } from '@landed/schemas/dead-letter';
import { groupBy } from '@landed/schemas/group-by';
import { createDisk, createRig, isThrough, results, topics, until } from './rig.ts';
import type { Rig, RigOptions } from './rig.ts';
import type { CheckpointStep } from '../../src/task/checkpoint.ts';
import { createModelLog } from './model-log.ts';
import type { Effect, Failure } from './model-log.ts';
import { scenario } from './scenario.ts';

const RAW = scenario();

function rigOn(options: RigOptions = {}): Rig {
  const rig = createRig(options);
  if (rig.log.raw.length === 0) rig.log.raw.push(...RAW);
  return rig;
}

async function runThrough(rig: Rig): Promise<void> {
  rig.task.start();
  await until('the log is processed', () => isThrough(rig.log));
  await rig.task.close();
}

const clean = rigOn();
await runThrough(clean);
const EXPECTED = results(clean);

describe('a clean run', () => {
  test('the effects of a turn, in order', () => {
    expect(clean.log.journal.slice(0, 5)).toEqual([
      'fence',
      'begin',
      expect.stringMatching(/^send \d+$/),
      'offsets 5',
      'commit',
    ]);
    expect(clean.log.journal.at(-1)).toBe('close');
    expect(clean.log.journal.filter((note) => note === 'fence')).toHaveLength(1);
  });

  test('every poison record is a dead letter with its reason, in the order of the log', () => {
    const reasons = clean.log
      .committed(topics.deadLetters)
      .map(({ headers }) => readDeadLetterHeaders(headers ?? {}))
      .map(({ reason, origin }) => `${reason} ${origin?.offset ?? ''}`);
    expect(reasons).toEqual([
      'bad_magic 12',
      'truncated 13',
      'undecodable 14',
      'undecodable 15',
      'undecodable 16',
      'undecodable 17',
      'unknown_kind 18',
      'not_json 19',
      'seal_broken 20',
      'future_timestamp 21',
    ]);
  });

  test('a dead letter holds the raw bytes as they stood', () => {
    const [letter] = clean.log.committed(topics.deadLetters);
    expect(letter?.value).toEqual(RAW[12]?.value);
    expect(letter?.key?.toString()).toBe('w/cio:3');
  });

  test('versions of each person are gap-free, timers among them', async () => {
    const own = createDecoder('ScoreChange', async () =>
      Promise.resolve(avroSchemaText('ScoreChange')),
    );
    const values = clean.log.committed(topics.scoreChanges).map(({ value }) => value);
    await own.prepare(values);
    const changes = values.map((value) => own.decode(value!));
    const versions = groupBy(changes, (change) => change.profile_id);
    for (const [, ofPerson] of versions) {
      expect(ofPerson.map(({ version }) => version)).toEqual(ofPerson.map((_, at) => at + 1));
      for (const [at, change] of ofPerson.entries()) {
        if (at > 0) expect(change.before).toEqual(ofPerson[at - 1]?.after);
      }
    }
    expect(changes.filter(({ cause }) => cause.kind === 'timer').length).toBeGreaterThan(3);
    expect(versions.get('w/cio:2')?.[0]).toMatchObject({
      after: { email: { band: 'suppressed' } },
    });
  });

  test('no timer is left that the clock has passed at a tick', () => {
    const { clock } = EXPECTED.position ?? { clock: 0 };
    expect(clean.disk.store.timersUntil(clock, 10)).toEqual([]);
  });

  test('deliveries that are settled are gone, from the topic and from the store', () => {
    const ofPerson = EXPECTED.deliveries
      .map(([key]) => key)
      .filter((key) => key.startsWith('w/cio:4#'));
    expect(ofPerson).toEqual(['w/cio:4#n4']);
    expect(clean.disk.store.deliveries('w/cio:4')).toHaveLength(1);
  });

  test('a repeated event has one outcome', () => {
    expect(new Set(EXPECTED.outcomes).size).toBe(EXPECTED.outcomes.length);
  });

  test('the clock is that of the log, and survives', () => {
    expect(EXPECTED.position).toEqual({
      nextOffset: BigInt(RAW.length),
      clock: Math.max(...RAW.map(({ timestamp }) => timestamp)),
    });
  });

  test('how the log is cut changes nothing', async () => {
    const outputBytesMax = 1_000_000;
    for (const [fetchMax, recordsMax, timersMax] of [
      [1, 1, 1],
      [3, 1_000, 2],
      [1_000, 1, 1_000],
      [1_000, 1_000, 1_000],
    ] as const) {
      const rig = rigOn({ fetchMax, limits: { recordsMax, timersMax, outputBytesMax } });
      await runThrough(rig);
      expect(results(rig)).toEqual(EXPECTED);
    }
  });

  test('a second pass over the same log publishes nothing new', async () => {
    // A store that is restored from the state topics is the store it was.
    const rig = createRig({ log: clean.log, disk: createDisk() });
    rig.task.start();
    await until('it runs', () => rig.task.state() === 'running');
    await rig.task.close();
    expect(results(rig)).toEqual(EXPECTED);
  });
});

const EFFECTS: readonly Effect[] = ['fence', 'begin', 'send', 'offsets', 'commit'];
const FAILURES: readonly Failure[] = EFFECTS.flatMap((effect) =>
  [1, 2, 5, 9].flatMap((count) =>
    (['before', 'after'] as const).map((when) => ({ effect, count, when })),
  ),
);

describe('an effect fails, or its answer is lost', () => {
  test.each(FAILURES)('$effect $count, $when', async (failure) => {
    const rig = rigOn();
    rig.log.fail(failure);
    await runThrough(rig);
    expect(results(rig)).toEqual(EXPECTED);
    expect(rig.ends).toEqual([]);
    const fences = rig.log.journal.filter((note) => note === 'fence').length;
    const isHit = failure.effect !== 'fence' || failure.count === 1;
    expect(fences).toBeGreaterThanOrEqual(
      isHit ? (failure.when === 'before' && failure.effect === 'fence' ? 1 : 2) : 1,
    );
  });
});

const STEPS: readonly CheckpointStep[] = ['begin', 'send', 'offsets', 'commit', 'store'];

describe('the process dies', () => {
  const deaths = STEPS.flatMap((step) => [1, 3, 8].map((count) => ({ step, count })));

  test.each(deaths)('at $step, time $count', async ({ step, count }) => {
    const log = createModelLog(topics.raw);
    const disk = createDisk();
    let left = count;
    let isDead = false;
    const reached = async (at: CheckpointStep): Promise<void> => {
      if (at !== step || --left > 0 || isDead) return;
      isDead = true;
      await new Promise(() => undefined);
    };
    const victim = rigOn({ log, disk, reached });
    victim.task.start();
    await until('it dies', () => isDead);
    await runThrough(rigOn({ log, disk }));
    expect(results({ log, disk })).toEqual(EXPECTED);
  });

  test('at every step in turn, each time with an empty disk', async () => {
    const log = createModelLog(topics.raw);
    for (const step of [...STEPS, ...STEPS]) {
      let isDead = false;
      const reached = async (at: CheckpointStep): Promise<void> => {
        if (at !== step) return;
        isDead = true;
        await new Promise(() => undefined);
      };
      const victim = rigOn({ log, disk: createDisk(), reached });
      victim.task.start();
      await until('it dies', () => isDead);
    }
    const disk = createDisk();
    await runThrough(rigOn({ log, disk }));
    expect(results({ log, disk })).toEqual(EXPECTED);
  });
});

describe('another owner', () => {
  test('a zombie is fenced at its next step, and what it sent does not count', async () => {
    const log = createModelLog(topics.raw);
    const zombieDisk = createDisk();
    let release: () => void = () => undefined;
    let isHeld = false;
    const reached = async (at: CheckpointStep): Promise<void> => {
      if (at !== 'send' || isHeld) return;
      isHeld = true;
      await new Promise<void>((resolve) => void (release = resolve));
    };
    const zombie = rigOn({ log, disk: zombieDisk, reached });
    zombie.task.start();
    await until('the zombie sleeps within its transaction', () => isHeld);
    const disk = createDisk();
    await runThrough(rigOn({ log, disk }));
    release();
    await until('the zombie has noticed', () => zombie.task.state() === 'closed');
    expect(zombie.ends).toEqual(['fenced']);
    expect(results({ log, disk })).toEqual(EXPECTED);
  });
});
