import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAddressHasher } from '@landed/schemas/address-hash';
import {
  deliveryKey,
  murmur2,
  partitionOf,
  profileKey,
  profileOfDeliveryKey,
  workspaceOf,
} from '@landed/schemas/key';
import type { Identity } from '@landed/schemas/key';

const hasher = createAddressHasher(Buffer.from('a key of at least thirty-two characters'));
const nobody: Identity = { cioId: null, id: null, email: null, deliveryId: null, eventId: 'e1' };
const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

describe('profileKey', () => {
  test.each<[string, Partial<Identity>, string]>([
    ['cio_id first', { cioId: 'c1', id: 'u1', email: 'a@b.example' }, 'shop/cio:c1'],
    ['then id', { id: 'u1', email: 'a@b.example' }, 'shop/id:u1'],
    [
      'then the hashed address',
      { email: 'a@b.example' },
      `shop/email:${hasher.hash('a@b.example')}`,
    ],
    ['then the delivery', { deliveryId: 'dg==' }, 'shop/delivery:dg=='],
    ['then the event', {}, 'shop/event:e1'],
    [
      'an id that is an address is hashed',
      { id: 'A@b.example' },
      `shop/id:${hasher.hash('a@b.example')}`,
    ],
    ['a long id becomes its hash', { id: 'x'.repeat(257) }, `shop/id:${sha256('x'.repeat(257))}`],
    ['an id of 256 bytes stays', { id: 'x'.repeat(256) }, `shop/id:${'x'.repeat(256)}`],
    ['white space becomes its hash', { id: 'a b' }, `shop/id:${sha256('a b')}`],
    ['an empty id is none', { cioId: '', id: 'u1' }, 'shop/id:u1'],
  ])('%s', (_name, identity, key) => {
    expect(profileKey('shop', { ...nobody, ...identity }, hasher.hash)).toBe(key);
    expect(workspaceOf(key)).toBe('shop');
  });
});

test('a delivery key splits back, whatever the ids hold', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (id, delivery) => {
      const profile = profileKey('shop', { ...nobody, id: id || 'u' }, hasher.hash);
      expect(profileOfDeliveryKey(deliveryKey(profile, delivery))).toBe(profile);
    }),
  );
});

// Vectors of Kafka's own UtilsTest.testMurmur2.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of %s as in Java', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
});

test('partitionOf stays within range and is stable', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 64 }), (key, partitions) => {
      const partition = partitionOf(key, partitions);
      expect(partition).toBeGreaterThanOrEqual(0);
      expect(partition).toBeLessThan(partitions);
      expect(partitionOf(Buffer.from(key), partitions)).toBe(partition);
    }),
  );
});
