import { createHmacKey, hmacOfText } from './hmac.ts';

/** 128 bits: no two addresses meet, and half the bytes in every key and row. */
const HASH_HEX_CHARS = 32;

/** ASCII without white space: there is nothing to compose or to trim. */
const PLAIN = /^[\x21-\x7e]*$/;

export type AddressHasher = {
  /** Keyed hash of an address, number or device token: 32 hex digits. Case and spaces do not matter. */
  readonly hash: (address: string) => string;
  /** Names the key without revealing it. State made under another key is refused. */
  readonly fingerprint: string;
};

/** Addresses as they are compared: NFC, no white space around, lower case. */
export function normaliseAddress(address: string): string {
  if (PLAIN.test(address)) return address.toLowerCase();
  return address.normalize('NFC').trim().toLowerCase();
}

/**
 * Hashes addresses with HMAC-SHA-256 under a key of their own, so that equal addresses meet and
 * nobody without the key can guess them.
 */
export function createAddressHasher(key: Buffer): AddressHasher {
  const secret = createHmacKey(key);
  return {
    hash: (address) =>
      hmacOfText(secret, `address:${normaliseAddress(address)}`).slice(0, HASH_HEX_CHARS),
    fingerprint: hmacOfText(secret, 'landed/fingerprint').slice(0, 16),
  };
}
