import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Checkpoint, ProfileWrite, Store } from '../../../src/task/store/store.ts';

const checkpoint = (more: Partial<Checkpoint> = {}): Checkpoint => ({
  inputNext: 12n,
  clock: 1_700_000_000_000,
  profilesNext: 3n,
  deliveriesNext: 2n ** 60n,
  writtenAt: 5,
  schemaIds: [3, 4],
  ...more,
});

const put = (value: string, timerAt: number | null = null): ProfileWrite => ({
  value: Buffer.from(value),
  timerAt,
});

type Writes = {
  readonly profiles?: Readonly<Record<string, ProfileWrite | null>>;
  readonly deliveries?: Readonly<Record<string, string | null>>;
};

function write(store: Store, { profiles = {}, deliveries = {} }: Writes): void {
  const bytes = Object.entries(deliveries).map(
    ([key, value]) => [key, value === null ? null : Buffer.from(value)] as const,
  );
  store.apply(
    { profiles: new Map(Object.entries(profiles)), deliveries: new Map(bytes) },
    checkpoint(),
  );
}

/** What every store does, in memory or on disk. */
export function describeStore(name: string, make: () => Promise<Store>): void {
  describe(`store, ${name}`, () => {
    let store: Store;
    beforeEach(async () => void (store = await make()));
    afterEach(async () => store.close());

    test('an empty store knows nothing', () => {
      expect(store.checkpoint()).toBeNull();
      expect(store.profile('w/cio:1')).toBeNull();
      expect(store.deliveries('w/cio:1')).toEqual([]);
      expect(store.timersUntil(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
      expect(store.firstTimer()).toBeNull();
      expect([...store.dump()]).toEqual([]);
    });

    test('the checkpoint comes back as it was, offsets beyond 2^53 too', () => {
      store.apply({ profiles: new Map(), deliveries: new Map() }, checkpoint());
      expect(store.checkpoint()).toEqual(checkpoint());
      const next = checkpoint({ inputNext: null, schemaIds: [] });
      store.apply({ profiles: new Map(), deliveries: new Map() }, next);
      expect(store.checkpoint()).toEqual(next);
    });

    test('values are written, replaced and removed', () => {
      write(store, { profiles: { 'w/a': put('1'), 'w/b': put('2') } });
      write(store, { profiles: { 'w/a': put('3'), 'w/b': null } });
      expect(store.profile('w/a')?.toString()).toBe('3');
      expect(store.profile('w/b')).toBeNull();
    });

    test('a value once read does not change with later writes', () => {
      write(store, { profiles: { 'w/a': put('first') }, deliveries: { 'w/a#d': 'one' } });
      const profile = store.profile('w/a');
      const deliveries = store.deliveries('w/a');
      write(store, { profiles: { 'w/a': put('other') }, deliveries: { 'w/a#d': 'two' } });
      store.profile('w/a');
      expect(profile?.toString()).toBe('first');
      expect(deliveries.map(String)).toEqual(['one']);
    });

    test('deliveries of a person, and of nobody whose key begins alike', () => {
      const deliveries = { 'w/a#2': 'a2', 'w/a#1': 'a1', 'w/ab#1': 'ab', 'w/a#x#1': 'ax' };
      write(store, { deliveries });
      expect(store.deliveries('w/a').map(String)).toEqual(['a1', 'a2']);
      expect(store.deliveries('w/a#x').map(String)).toEqual(['ax']);
      write(store, { deliveries: { 'w/a#1': null, 'w/none#1': null } });
      expect(store.deliveries('w/a').map(String)).toEqual(['a2']);
    });

    test('timers come by instant, then by key, up to the instant, up to the limit', () => {
      const profiles = {
        'w/c': put('c', 200),
        'w/b': put('b', 100),
        'w/a': put('a', 200),
        'w/z': put('z', 201),
        'w/ü': put('ü', 200),
        'w/n': put('n', null),
      };
      write(store, { profiles });
      const keys = (until: number, limit: number): string[] =>
        store.timersUntil(until, limit).map(({ at, key }) => `${at} ${key}`);
      expect(keys(200, 10)).toEqual(['100 w/b', '200 w/a', '200 w/c', '200 w/ü']);
      expect(keys(200, 2)).toEqual(['100 w/b', '200 w/a']);
      expect(keys(99, 10)).toEqual([]);
      expect(store.firstTimer()).toEqual({ at: 100, key: 'w/b' });
    });

    test('a person has one timer: it moves, goes, and goes with the person', () => {
      write(store, { profiles: { 'w/a': put('a', 100), 'w/b': put('b', 50) } });
      write(store, { profiles: { 'w/a': put('a', 70), 'w/b': put('b', null) } });
      expect(store.timersUntil(1_000, 10)).toEqual([{ at: 70, key: 'w/a' }]);
      write(store, { profiles: { 'w/a': put('again', 70) } });
      expect(store.timersUntil(1_000, 10)).toEqual([{ at: 70, key: 'w/a' }]);
      write(store, { profiles: { 'w/a': null } });
      expect(store.firstTimer()).toBeNull();
    });

    test('everything is dumped', () => {
      write(store, { profiles: { 'w/a': put('A', 1) }, deliveries: { 'w/a#d': 'D' } });
      const dumped = [...store.dump()].map(({ key, value }) => [key, value.toString()]);
      expect(dumped).toEqual([
        ['w/a', 'A'],
        ['w/a\u0000d', 'D'],
      ]);
    });
  });
}
