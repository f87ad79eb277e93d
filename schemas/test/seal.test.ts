import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  COMPRESS_BYTES_MIN,
  SealBrokenError,
  UnknownSealKeyError,
  createSealer,
} from '@landed/schemas/seal';

const first = { id: 'k1', key: Buffer.alloc(32, 1) };
const second = { id: 'k2', key: Buffer.alloc(32, 2) };

describe('sealing', () => {
  test.each([
    ['sealed', [first]],
    ['plain', []],
  ])('opens what it %s, byte for byte', (_name, keys) => {
    const sealer = createSealer(keys);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4_000 }), (content) => {
        expect(sealer.open(sealer.seal(content))).toEqual(Buffer.from(content));
      }),
    );
  });

  test('hides the content, and compresses it when it is long', () => {
    const content = Buffer.from('mira@nordlicht.example '.repeat(100));
    const sealed = createSealer([first]).seal(content);
    expect(sealed.includes('nordlicht')).toBe(false);
    expect(sealed.length).toBeLessThan(content.length / 4);
  });

  test('opens what was compressed when shorter contents were too', () => {
    const content = Buffer.from('{"metric":"opened"} '.repeat(20));
    const old = Buffer.concat([Buffer.from([0, 1]), zstdCompressSync(content)]);
    expect(content.length).toBeLessThan(COMPRESS_BYTES_MIN);
    expect(createSealer([]).open(old)).toEqual(content);
  });

  test('never uses a nonce twice', () => {
    const { seal } = createSealer([first]);
    const nonces = Array.from({ length: 5000 }, () =>
      seal(Buffer.from('x')).toString('hex', 5, 17),
    );
    expect(new Set(nonces).size).toBe(5000);
  });

  test('the key id stands in front, and rotation opens both', () => {
    const old = createSealer([first]).seal(Buffer.from('old'));
    const rotated = createSealer([second, first]);
    expect(rotated.open(old).toString()).toBe('old');
    expect(rotated.seal(Buffer.from('new')).toString('latin1', 3, 5)).toBe('k2');
  });

  test('an unknown key id is an outage, not poison', () => {
    const sealed = createSealer([second]).seal(Buffer.from('x'));
    expect(() => createSealer([first]).open(sealed)).toThrow(UnknownSealKeyError);
  });

  test('any changed byte is poison or an unknown key, never other content', () => {
    const content = randomBytes(300);
    const sealer = createSealer([first]);
    const sealed = sealer.seal(content);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      try {
        // Only the format byte can turn it into "plain", whose content is then not ours.
        expect(sealer.open(changed)).not.toEqual(content);
      } catch (error) {
        expect(error instanceof SealBrokenError || error instanceof UnknownSealKeyError).toBe(true);
      }
    }
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.from([1])],
    ['a cut seal', Buffer.from([1, 0, 2, 107, 49, 0])],
    ['an unknown format', Buffer.from([9, 0, 1, 2])],
    ['plain bytes that do not decompress', Buffer.from([0, 1, 1, 2, 3])],
  ])('%s is poison', (_name, bytes) => {
    expect(() => createSealer([first]).open(bytes)).toThrow(SealBrokenError);
  });

  test('refuses keys of another length', () => {
    expect(() => createSealer([{ id: 'k', key: Buffer.alloc(16) }])).toThrow('16 bytes');
  });
});
