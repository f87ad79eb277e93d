import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAddressHasher, normaliseAddress } from '../src/address-hash.ts';

describe('hashes of addresses', () => {
  test('are HMAC-SHA-256 of the address as it is compared, for any address and key', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        fc.oneof(fc.emailAddress(), fc.string({ unit: 'binary', maxLength: 700 })),
        (bytes, address) => {
          const key = Buffer.from(bytes);
          const plain = address.normalize('NFC').trim().toLowerCase();
          const expected = createHmac('sha256', key).update(`address:${plain}`).digest('hex');
          expect(createAddressHasher(key).hash(address)).toBe(expected.slice(0, 32));
        },
      ),
    );
  });

  test.each([0, 151, 152, 167, 168, 169, 500, 5000])('of %i characters agree', (length) => {
    const key = Buffer.from('a key of thirty-two bytes, or so');
    for (const letter of ['a', 'ü', '漢', '😀']) {
      const text = letter.repeat(length);
      const expected = createHmac('sha256', key).update(`address:${text}`).digest('hex');
      expect(createAddressHasher(key).hash(text)).toBe(expected.slice(0, 32));
    }
  });

  test('do not mind case, white space around, or how an accent is written', () => {
    const { hash } = createAddressHasher(Buffer.from('another key of thirty-two bytes.'));
    expect(hash(' Ann@Shop.example\t')).toBe(hash('ann@shop.example'));
    expect(hash('jose\u0301@shop.example')).toBe(hash('JOSÉ@shop.example'));
    expect(normaliseAddress('Ann+1@Shop.example')).toBe('ann+1@shop.example');
  });
});
