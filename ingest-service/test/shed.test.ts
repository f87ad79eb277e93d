import { expect, test } from 'vitest';
import { HEAP_SHARE_MAX, LOOP_DELAY_MAX_MS, createShedRule, watchPressure } from '../src/shed.ts';
import type { Strain } from '../src/shed.ts';

const calm: Strain = { loopDelayMs: 1, heapShare: 0.1 };
const slow: Strain = { loopDelayMs: LOOP_DELAY_MAX_MS + 1, heapShare: 0.1 };
const full: Strain = { loopDelayMs: 1, heapShare: HEAP_SHARE_MAX + 0.01 };

const verdicts = (strains: readonly Strain[]): (string | null)[] => strains.map(createShedRule());

test('one stall sheds nothing, a lasting one does', () => {
  expect(verdicts([slow, calm, slow, calm])).toEqual([null, null, null, null]);
  expect(verdicts([slow, slow, calm])).toEqual([null, 'event_loop', null]);
  expect(verdicts([full, full])).toEqual([null, 'heap']);
});

test('at the bound itself nothing is shed', () => {
  const bound = { loopDelayMs: LOOP_DELAY_MAX_MS, heapShare: HEAP_SHARE_MAX };
  expect(verdicts([bound, bound, bound])).toEqual([null, null, null]);
});

test('shedding is bounded: it pauses by itself, so that it cannot last for ever', () => {
  const rounds = verdicts(Array.from({ length: 12 }, () => full));
  const shed = 'heap';
  expect(rounds).toEqual([null, shed, shed, shed, shed, null, null, shed, shed, shed, shed, null]);
});

test('once it is stopped nothing is shed, whatever was seen last', async () => {
  const shedding = watchPressure();
  const endsAt = performance.now() + 10_000;
  while (shedding.pressure() === null && performance.now() < endsAt) {
    const until = performance.now() + 300;
    while (performance.now() < until);
    await new Promise((resolve) => {
      setTimeout(resolve, 0);
    });
  }
  expect(shedding.pressure()).toBe('event_loop');
  shedding.stop();
  expect(shedding.pressure()).toBeNull();
});
