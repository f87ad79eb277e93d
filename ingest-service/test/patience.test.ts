import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPatience } from '../src/patience.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('each wait ends after its time, in the order they began', () => {
  const over: string[] = [];
  const { wait } = createPatience(100);
  wait(() => over.push('first'));
  vi.advanceTimersByTime(60);
  wait(() => over.push('second'));
  vi.advanceTimersByTime(41);
  expect(over).toEqual(['first']);
  vi.advanceTimersByTime(60);
  expect(over).toEqual(['first', 'second']);
  wait(() => over.push('third'));
  vi.advanceTimersByTime(99);
  expect(over).toHaveLength(2);
  vi.advanceTimersByTime(2);
  expect(over).toHaveLength(3);
});

test('a wait that was ended is never over', () => {
  const over: string[] = [];
  const { wait } = createPatience(100);
  const end = wait(() => over.push('ended'));
  wait(() => over.push('kept'));
  end();
  vi.advanceTimersByTime(500);
  expect(over).toEqual(['kept']);
});

test('a wait may begin and end others when it is over', () => {
  const over: string[] = [];
  const { wait } = createPatience(100);
  let endOther = (): void => undefined;
  wait(() => {
    over.push('first');
    endOther();
    wait(() => over.push('next'));
  });
  endOther = wait(() => over.push('other'));
  vi.advanceTimersByTime(250);
  expect(over).toEqual(['first', 'next']);
});
