import { createHmac } from 'node:crypto';

/**
 * Signature of one call as Customer.io makes it: hex HMAC-SHA256 of `v0:<timestamp>:<body>`, the
 * key taken as plain text.
 *
 * @param timestamp Unix seconds, as in the header
 */
export function signature(key: string, timestamp: string, body: Uint8Array): string {
  return createHmac('sha256', key).update(`v0:${timestamp}:`).update(body).digest('hex');
}

/** Both headers of a call that is sent at `now` (ms). */
export function signedHeaders(key: string, now: number, body: Uint8Array): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  return { 'x-cio-timestamp': timestamp, 'x-cio-signature': signature(key, timestamp, body) };
}
