import { createHmac, createSecretKey } from 'node:crypto';

/** 128 bits: no two addresses meet, and half the bytes in every key and row. */
const HASH_HEX_CHARS = 32;

export type AddressHasher = {
  /** Keyed hash of an address, number or device token: 32 hex digits. Case and spaces do not matter. */
  readonly hash: (address: string) => string;
  /** Names the key without revealing it. State made under another key is refused. */
  readonly fingerprint: string;
};

/** Addresses as they are compared: NFC, no white space around, lower case. */
export function normaliseAddress(address: string): string {
  return address.normalize('NFC').trim().toLowerCase();
}

/**
 * Hashes addresses with HMAC-SHA-256 under a key of their own, so that equal addresses meet and
 * nobody without the key can guess them.
 */
export function createAddressHasher(key: Buffer): AddressHasher {
  // As a key object: with the bare bytes Node spends ten times as long on each call.
  const secret = createSecretKey(key);
  const hmac = (text: string): string => createHmac('sha256', secret).update(text).digest('hex');
  return {
    hash: (address) => hmac(`address:${normaliseAddress(address)}`).slice(0, HASH_HEX_CHARS),
    fingerprint: hmac('landed/fingerprint').slice(0, 16),
  };
}
