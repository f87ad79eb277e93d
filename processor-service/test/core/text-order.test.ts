import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareText } from '../../src/core/text-order.ts';

test.each([
  ['a', 'b', -1],
  ['', 'a', -1],
  ['ab', 'a', 1],
  ['same', 'same', 0],
  // U+FF5E stands before U+1F600, although its UTF-16 unit is the greater one.
  ['\u{ff5e}', '\u{1f600}', -1],
  ['\u{d7ff}', '\u{e000}', -1],
  ['x\u{10ffff}', 'x\u{ffff}', 1],
])('%j and %j', (a, b, order) => {
  expect(Math.sign(compareText(a, b))).toBe(order);
  expect(Math.sign(compareText(b, a))).toBe(order === 0 ? 0 : -order);
});

test('the order is that of the UTF-32 bytes', () => {
  const points = (text: string): number[] => Array.from(text, (one) => one.codePointAt(0) ?? 0);
  const text = fc.string({ unit: 'binary', maxLength: 4 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const [left, right] = [points(a), points(b)];
      const at = left.findIndex((point, n) => point !== right[n]);
      const plain = at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
      expect(Math.sign(compareText(a, b))).toBe(Math.sign(plain));
    }),
  );
});
