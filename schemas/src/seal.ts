import { createCipheriv, createDecipheriv, createSecretKey, randomFillSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync, constants } from 'node:zlib';

/*
 * Sealed bytes: format (1 byte), compression (1 byte), length of the key id (1 byte), key id, nonce
 * (12 bytes), tag (16 bytes), ciphertext. Everything before the nonce is authenticated too. With
 * format 0 (plain storage, asked for by name) the content follows the two first bytes.
 */

const FORMAT_PLAIN = 0;
const FORMAT_AES_256_GCM = 1;
const COMPRESSION_NONE = 0;
const COMPRESSION_ZSTD = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/**
 * Below this size compression costs more than it saves: of a usual webhook (below 1 KiB) a third of
 * its bytes, for a quarter of all CPU time of the ingest service, and more to read it.
 */
export const COMPRESS_BYTES_MIN = 2048;
const NONCES_AT_ONCE = 512;
/** The body limit of ingest is 8 MiB: nothing sealed is larger, and a bomb stops here. */
export const OPENED_BYTES_MAX = 16 * 1024 * 1024;

export type SealKey = { readonly id: string; readonly key: Buffer };

/** Key objects: with the bare bytes Node spends ten times as long on each call. */
type OwnKey = { readonly id: string; readonly key: KeyObject };

export type Sealer = {
  /** Compresses and seals under the first key. */
  readonly seal: (content: Uint8Array) => Buffer;
  /** Opens what any of the keys sealed. Throws UnknownSealKeyError or SealBrokenError. */
  readonly open: (sealed: Uint8Array) => Buffer;
};

/** Sealed under a key that is not configured here (yet): an outage, never poison. */
export class UnknownSealKeyError extends Error {
  readonly keyId: string;

  constructor(keyId: string) {
    super(`sealed under key "${keyId}", which is not configured`);
    this.name = 'UnknownSealKeyError';
    this.keyId = keyId;
  }
}

/** The bytes are not what was sealed under a known key: poison. */
export class SealBrokenError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'SealBrokenError';
  }
}

/**
 * The buffer zlib works with. Its default of 128 KiB, made anew for every record, costs more than the
 * compression of a webhook of half a KiB.
 */
function chunkSize(bytes: number): number {
  return Math.min(128 * 1024, Math.max(1024, bytes));
}
/** What a webhook grows to when it is opened, and room to spare: more takes a second chunk. */
const OPENED_SHARE = 6;

function compress(content: Uint8Array): {
  readonly compression: number;
  readonly bytes: Uint8Array;
} {
  if (content.length < COMPRESS_BYTES_MIN) {
    return { compression: COMPRESSION_NONE, bytes: content };
  }
  const bytes = zstdCompressSync(content, {
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
    chunkSize: chunkSize(content.length),
  });
  return bytes.length < content.length
    ? { compression: COMPRESSION_ZSTD, bytes }
    : { compression: COMPRESSION_NONE, bytes: content };
}

function decompress(compression: number, bytes: Buffer): Buffer {
  if (compression === COMPRESSION_NONE) return bytes;
  if (compression !== COMPRESSION_ZSTD) {
    throw new SealBrokenError(`unknown compression ${compression}`);
  }
  try {
    return zstdDecompressSync(bytes, {
      maxOutputLength: OPENED_BYTES_MAX,
      chunkSize: chunkSize(bytes.length * OPENED_SHARE),
    });
  } catch (cause) {
    throw new SealBrokenError('content does not decompress', cause);
  }
}

function openGcm(sealed: Buffer, byId: ReadonlyMap<string, KeyObject>): Buffer {
  const idEnd = 3 + (sealed[2] ?? 0);
  const bodyStart = idEnd + NONCE_BYTES + TAG_BYTES;
  if (sealed.length < bodyStart) throw new SealBrokenError(`${sealed.length} bytes are too few`);
  const keyId = sealed.toString('utf8', 3, idEnd);
  const key = byId.get(keyId);
  if (!key) throw new UnknownSealKeyError(keyId);
  const nonce = sealed.subarray(idEnd, idEnd + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(sealed.subarray(0, idEnd));
  decipher.setAuthTag(sealed.subarray(idEnd + NONCE_BYTES, bodyStart));
  try {
    const bytes = Buffer.concat([decipher.update(sealed.subarray(bodyStart)), decipher.final()]);
    return decompress(sealed[1] ?? 0, bytes);
  } catch (error) {
    if (error instanceof SealBrokenError) throw error;
    throw new SealBrokenError(`does not open under key "${keyId}"`, error);
  }
}

/** Random nonces, drawn many at once: a call for each costs more than the sealing of its bytes. */
function createNonces(): () => Buffer {
  const pool = Buffer.alloc(NONCE_BYTES * NONCES_AT_ONCE);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    at += NONCE_BYTES;
    return pool.subarray(at - NONCE_BYTES, at);
  };
}

/** Heads of sealed bytes under one key: uncompressed and compressed. */
function headsOf(keyId: string): readonly [Buffer, Buffer] {
  const id = Buffer.from(keyId);
  const head = (compression: number): Buffer =>
    Buffer.concat([Buffer.from([FORMAT_AES_256_GCM, compression, id.length]), id]);
  return [head(COMPRESSION_NONE), head(COMPRESSION_ZSTD)];
}

function createGcm({ id, key }: OwnKey): (content: Uint8Array) => Buffer {
  const [plainHead, compressedHead] = headsOf(id);
  const nextNonce = createNonces();
  return (content) => {
    const { compression, bytes } = compress(content);
    const head = compression === COMPRESSION_NONE ? plainHead : compressedHead;
    const nonce = nextNonce();
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(head);
    const ciphertext = cipher.update(bytes);
    cipher.final();
    return Buffer.concat([head, nonce, cipher.getAuthTag(), ciphertext]);
  };
}

function sealPlain(content: Uint8Array): Buffer {
  const { compression, bytes } = compress(content);
  return Buffer.concat([Buffer.from([FORMAT_PLAIN, compression]), bytes]);
}

/**
 * Compresses and seals bytes with AES-256-GCM; the key id stands in front, so keys rotate by adding
 * one (to the readers first).
 *
 * @param keys the first seals, all open; an empty list means plain storage
 */
export function createSealer(keys: readonly SealKey[]): Sealer {
  for (const { id, key } of keys) {
    if (key.length !== KEY_BYTES) throw new RangeError(`seal key "${id}" has ${key.length} bytes`);
    if (id.length === 0 || Buffer.byteLength(id) > 255) throw new RangeError('bad seal key id');
  }
  const own = keys.map(({ id, key }): OwnKey => ({ id, key: createSecretKey(key) }));
  const byId = new Map(own.map(({ id, key }) => [id, key]));
  const [first] = own;
  const seal = first ? createGcm(first) : sealPlain;
  return {
    seal,
    open: (bytes) => {
      const sealed = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
      if (sealed.length < 2) throw new SealBrokenError(`${sealed.length} bytes are too few`);
      if (sealed[0] === FORMAT_AES_256_GCM) return openGcm(sealed, byId);
      if (sealed[0] === FORMAT_PLAIN) return decompress(sealed[1] ?? 0, sealed.subarray(2));
      throw new SealBrokenError(`unknown format ${sealed[0] ?? -1}`);
    },
  };
}
