import { readEnvelope } from '../envelope.ts';
import type { Source } from '../routes.ts';

/**
 * Customer.io's reporting webhooks: hex HMAC-SHA256 over `v0:<X-CIO-Timestamp>:<raw body>`, the key
 * taken as plain text (vendor's Reporting Webhooks reference; the hex encoding as its receivers have
 * it). One event in each call.
 */
export const customerio: Source = {
  name: 'customerio',
  scheme: {
    signatureHeader: 'x-cio-signature',
    timestampHeader: 'x-cio-timestamp',
    signedPrefix: (timestamp) => `v0:${timestamp}:`,
  },
  path: '/v1/webhooks/customerio/reporting',
  workspacePath: (workspace) => `/v1/webhooks/customerio/${workspace}/reporting`,
  readEnvelope,
};
