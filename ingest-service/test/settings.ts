/** Settings that are enough to start, and nothing more. */
export const SIGNING_KEY = 'cio-test-signing-key-1';
export const SEAL_KEY = Buffer.alloc(32, 7);
export const minimalEnv = {
  CUSTOMERIO_SIGNING_KEYS: `acme:${SIGNING_KEY}`,
  LANDED_SEAL_KEYS: `k1:${SEAL_KEY.toString('base64')}`,
  LANDED_HASH_KEY: 'an address key for these tests only',
} as const;
