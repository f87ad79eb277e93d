import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKeyRing } from '../src/key-ring.ts';

const key = (secret: string, notBefore = -Infinity, notAfter = Infinity) => ({
  secret: `cio-test-signing-key-${secret}`,
  notBefore,
  notAfter,
});

test('a key is valid from its first to its last millisecond', () => {
  const ring = createKeyRing([key('old', 100, 200), key('new', 150)]);
  const [old, fresh] = ring.keys;
  const told = (now: number) => {
    const { faultOf, newest } = ring.at(now);
    return [faultOf(old!), faultOf(fresh!), newest?.id];
  };
  expect(told(99)).toEqual(['not_yet_valid', 'not_yet_valid', undefined]);
  expect(told(100)).toEqual([null, 'not_yet_valid', old!.id]);
  expect(told(150)).toEqual([null, null, fresh!.id]);
  expect(told(200)).toEqual([null, null, fresh!.id]);
  expect(told(201)).toEqual(['expired', null, fresh!.id]);
});

test('nothing is worked out anew while nothing changes', () => {
  const ring = createKeyRing([key('old', -Infinity, 200), key('new')]);
  const before = ring.at(10);
  expect(ring.at(200)).toBe(before);
  expect(ring.at(201)).not.toBe(before);
});

test('whatever the clock does, a ring that was asked before answers as a fresh one', () => {
  const time = fc.integer({ min: 0, max: 20 });
  const keyTime = fc.tuple(time, time).map(([one, other]) => [one, one + other] as const);
  fc.assert(
    fc.property(fc.array(keyTime, { maxLength: 4 }), fc.array(time), (times, nows) => {
      const keys = times.map(([from, until], at) => key(String(at), from, until));
      const ring = createKeyRing(keys);
      for (const now of nows) {
        const fresh = createKeyRing(keys);
        const faults = (asked: typeof ring) =>
          asked.keys.map((each) => asked.at(now).faultOf(each));
        expect(faults(ring)).toEqual(faults(fresh));
        expect(ring.at(now).newest?.id).toBe(fresh.at(now).newest?.id);
      }
    }),
  );
});
