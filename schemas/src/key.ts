import { createHash } from 'node:crypto';

/** Ids longer than this become `sha256:…`, so that keys stay short. */
export const KEY_ID_BYTES_MAX = 256;

/** What a payload says about who it concerns. Every part may be missing. */
export type Identity = {
  readonly cioId: string | null;
  readonly id: string | null;
  readonly email: string | null;
  readonly deliveryId: string | null;
  readonly eventId: string;
};

const UNSAFE = /[\p{Cc}\s]/u;
const DELIVERY_ID = /^[A-Za-z0-9_=+/.:-]{1,128}$/;

function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/**
 * An id that is safe in a key: addresses are hashed under the address key, long ids and ids with
 * white space or control characters become `sha256:…`.
 */
export function safeId(id: string, hashAddress: (address: string) => string): string {
  if (id.includes('@')) return hashAddress(id);
  if (Buffer.byteLength(id) > KEY_ID_BYTES_MAX || UNSAFE.test(id)) return sha256(id);
  return id;
}

/**
 * The profile key: the most stable identifier there is. Also the key of every record about that
 * person, so that everything about one person lives in one partition number.
 *
 * @returns `<workspace>/cio:…`, `/id:…`, `/email:<hash>`, `/delivery:…` or `/event:…`
 */
export function profileKey(
  workspace: string,
  identity: Identity,
  hashAddress: (address: string) => string,
): string {
  const { cioId, id, email, deliveryId, eventId } = identity;
  if (cioId) return `${workspace}/cio:${safeId(cioId, hashAddress)}`;
  if (id) return `${workspace}/id:${safeId(id, hashAddress)}`;
  if (email) return `${workspace}/email:${hashAddress(email)}`;
  if (deliveryId) return `${workspace}/delivery:${safeId(deliveryId, hashAddress)}`;
  return `${workspace}/event:${safeId(eventId, hashAddress)}`;
}

/** The workspace a profile key belongs to. */
export function workspaceOf(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf('/')));
}

/** A delivery id as it stands in keys: unusual ones become `sha256:…`, so it never holds a `#`. */
export function safeDeliveryId(deliveryId: string): string {
  return DELIVERY_ID.test(deliveryId) ? deliveryId : sha256(deliveryId);
}

/** Key of a delivery's state: profile key, `#`, delivery id. Partitioned by the profile key alone. */
export function deliveryKey(profile: string, deliveryId: string): string {
  return `${profile}#${safeDeliveryId(deliveryId)}`;
}

/** The profile key inside a delivery key. */
export function profileOfDeliveryKey(key: string): string {
  return key.slice(0, key.lastIndexOf('#'));
}

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** murmur2 as Kafka's Java client computes it (Utils.murmur2), on 32-bit integers. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  let h = SEED ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let k =
      (bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    k = Math.imul(k, M);
    h = Math.imul(h, M) ^ k;
  }
  const left = length - at;
  if (left === 3) h ^= (bytes[at + 2] ?? 0) << 16;
  if (left >= 2) h ^= (bytes[at + 1] ?? 0) << 8;
  if (left >= 1) h = Math.imul(h ^ (bytes[at] ?? 0), M);
  h ^= h >>> 13;
  h = Math.imul(h, M);
  return h ^ (h >>> 15);
}

/** The partition of a key, as every client with Kafka's default partitioner computes it. */
export function partitionOf(key: string | Uint8Array, partitions: number): number {
  const bytes = typeof key === 'string' ? Buffer.from(key) : key;
  return (murmur2(bytes) & 0x7fffffff) % partitions;
}
