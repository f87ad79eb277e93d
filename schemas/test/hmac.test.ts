import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SHORT_BYTES_MAX, createHmacKey } from '../src/hmac.ts';

const expected = (key: Buffer, text: string, bytes: Uint8Array): string =>
  createHmac('sha256', key).update(text).update(bytes).digest('hex');

test('agrees with the library, for any key, text and bytes', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 150 }),
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.uint8Array({ maxLength: 3000 }),
      (keyBytes, text, bytes) => {
        const key = Buffer.from(keyBytes);
        const own = createHmacKey(key);
        expect(own.digest(text, bytes, 'hex')).toBe(expected(key, text, bytes));
        const binary = Buffer.from(own.digest(text, bytes, 'binary'), 'binary');
        expect(binary.toString('hex')).toBe(expected(key, text, bytes));
        const parts = own.start().update(text).update(bytes).digest('hex');
        expect(parts).toBe(expected(key, text, bytes));
      },
    ),
  );
});

test.each([-1, 0, 1])('agrees around the length where the way changes (%i)', (over) => {
  const key = Buffer.from('a key of thirty-two bytes, or so');
  const bytes = Buffer.alloc(SHORT_BYTES_MAX - 6 + over, 7);
  expect(createHmacKey(key).digest('ab', bytes, 'hex')).toBe(expected(key, 'ab', bytes));
});
