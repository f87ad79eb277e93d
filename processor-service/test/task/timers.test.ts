import { describe, expect, test } from 'vitest';
import { unknownPerson } from '../../src/task/known-person.ts';
import type { KnownPerson } from '../../src/task/known-person.ts';
import type { Overlay } from '../../src/task/overlay.ts';
import { createMemoryStore } from '../../src/task/store/memory-store.ts';
import { fireDue, fireTimers } from '../../src/task/timers.ts';
import { timerCause } from '../../src/task/look.ts';

const NO_CHECKPOINT = {
  inputNext: null,
  clock: 0,
  profilesNext: 0n,
  deliveriesNext: 0n,
  writtenAt: 0,
  schemaIds: [],
};

/** Persons who have nothing but timers: each of a list of instants, one after the other. */
function rig(timers: Readonly<Record<string, readonly number[]>>, timersMax: number) {
  const store = createMemoryStore();
  const left = new Map(Object.entries(timers).map(([key, instants]) => [key, [...instants]]));
  const people = new Map<string, KnownPerson>();
  const write = (key: string): void => {
    const timerAt = left.get(key)?.[0] ?? null;
    const profiles = new Map([[key, { value: Buffer.alloc(0), timerAt }]]);
    store.apply({ profiles, deliveries: new Map() }, NO_CHECKPOINT);
    people.set(key, { ...unknownPerson(), timerAt });
  };
  for (const key of left.keys()) write(key);
  const fired: string[] = [];

  /** One transaction: fires, and commits what it fired. */
  const turn = (clock: number): boolean => {
    const touched = new Map<string, KnownPerson>();
    const overlay: Pick<Overlay, 'get' | 'put'> = {
      get: (key) => touched.get(key) ?? people.get(key) ?? unknownPerson(),
      put: (key, known) => void touched.set(key, known),
    };
    const { isDone } = fireDue(
      {
        store,
        overlay: overlay as Overlay,
        timersMax,
        fire: (known, timer) => {
          fired.push(`${timer.at} ${timer.key}`);
          left.get(timer.key)?.shift();
          return { ...known, timerAt: left.get(timer.key)?.[0] ?? null };
        },
      },
      clock,
    );
    for (const key of touched.keys()) write(key);
    return isDone;
  };
  return { fired, turn };
}

describe('timers a tick makes due', () => {
  const timers = { a: [10, 30, 31], b: [10, 20], c: [5], d: [40] };
  const ordered = ['5 c', '10 a', '10 b', '20 b', '30 a', '31 a'];

  test('fire in the order of instant and key, those set again among them', () => {
    const { fired, turn } = rig(timers, 100);
    expect(turn(35)).toBe(true);
    expect(fired).toEqual(ordered);
  });

  test.each([1, 2, 3, 4, 5, 6])('%i a transaction: the same order, over several turns', (max) => {
    const { fired, turn } = rig(timers, max);
    let turns = 1;
    while (!turn(35)) turns++;
    expect(fired).toEqual(ordered);
    expect(turns).toBeGreaterThanOrEqual(Math.ceil(ordered.length / max));
  });

  test('none due: done at once', () => {
    const { fired, turn } = rig(timers, 1);
    expect(turn(4)).toBe(true);
    expect(fired).toEqual([]);
  });
});

describe('timers of one person', () => {
  test('a person without a timer, or with a later one, stays as they are', () => {
    const known = unknownPerson();
    const cause = timerCause(0, 0n);
    expect(fireTimers(known, 'w/a', 1_000, cause, 5)).toEqual({ known, changes: [], count: 0 });
    const later = { ...known, timerAt: 1_001 };
    expect(fireTimers(later, 'w/a', 1_000, cause, 5).count).toBe(0);
  });

  test('a look that finds nothing changed publishes nothing and sets the next timer', () => {
    const due = { ...unknownPerson(), timerAt: 500 };
    const { known, changes, count } = fireTimers(due, 'w/a', 1_000, timerCause(0, 0n), 5);
    expect(count).toBe(1);
    expect(changes).toEqual([]);
    expect(known.timerAt).toBeNull();
    expect(known.version).toBe(0);
  });
});
