import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDueQueue } from '../../traffic/due-queue.ts';

test('items come out by their due number, equal ones in the order they came', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (dues) => {
      const queue = createDueQueue<{ due: number; order: number }>();
      dues.forEach((due, order) => queue.add(due, { due, order }));
      const expected = dues
        .map((due, order) => ({ due, order }))
        .sort((one, other) => one.due - other.due || one.order - other.order);
      expect(dues.map(() => queue.take(20))).toEqual(expected);
      expect(queue.size()).toBe(0);
    }),
  );
});

test('nothing comes out before it is due', () => {
  const queue = createDueQueue<string>();
  queue.add(5, 'later');
  expect(queue.take(4)).toBeUndefined();
  expect(queue.take(5)).toBe('later');
  expect(queue.take(6)).toBeUndefined();
});
