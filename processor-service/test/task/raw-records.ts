import { createAddressHasher } from '@landed/schemas/address-hash';
import { createEncoder } from '@landed/schemas/codec';
import { partitionOf } from '@landed/schemas/key';
import type { SchemaIds } from '@landed/schemas/registry';
import { createSealer } from '@landed/schemas/seal';
import type { LogRecord } from '../../src/log/record-batch.ts';
import { openTaskCodec } from '../../src/task/state-codec.ts';
import { tickRecord } from '../../src/task/ticks.ts';

/* Raw records as ingest writes them, with fixed keys and schema ids. */

export const SCHEMA_IDS: SchemaIds = {
  RawWebhook: 1,
  MessageOutcome: 2,
  ScoreChange: 3,
  Profile: 4,
  Delivery: 5,
  Erasure: 6,
  WriteBack: 7,
};
export const hasher = createAddressHasher(Buffer.from('a key of at least thirty-two bytes'));
export const sealer = createSealer([{ id: 'k1', key: Buffer.alloc(32, 1) }]);
const noRegistry = { fetchSchema: async () => Promise.reject(new Error('no registry here')) };
export const codec = await openTaskCodec(SCHEMA_IDS, noRegistry, hasher.fingerprint);
const encodeRaw = createEncoder('RawWebhook', SCHEMA_IDS.RawWebhook);

/** Ids whose profile keys all fall into one partition. */
export function idsInPartition(count: number, partition: number, partitions: number): string[] {
  const ids: string[] = [];
  for (let n = 0; ids.length < count; n++) {
    if (partitionOf(`w/cio:${n}`, partitions) === partition) ids.push(String(n));
  }
  return ids;
}

export type WebhookSpec = {
  readonly cioId: string;
  readonly eventId: string;
  readonly metric: string;
  readonly objectType?: string;
  /** When it happened, ms; whole seconds. */
  readonly at: number;
  readonly deliveryId?: string;
  readonly data?: Readonly<Record<string, unknown>>;
};

/** The value of a raw record for one webhook. */
export function webhookValue(spec: WebhookSpec): Buffer {
  const { cioId, eventId, metric, objectType = 'email', at, deliveryId, data = {} } = spec;
  const email = `person${cioId}@example.com`;
  const body = {
    event_id: eventId,
    object_type: objectType,
    metric,
    timestamp: Math.floor(at / 1_000),
    data: {
      identifiers: { id: null, email, cio_id: cioId },
      recipient: email,
      ...(deliveryId === undefined ? {} : { delivery_id: deliveryId }),
      ...data,
    },
  };
  return rawValue({ eventId, body: Buffer.from(JSON.stringify(body)), at });
}

export function rawValue(spec: {
  readonly eventId: string;
  readonly body: Buffer;
  readonly at: number;
  readonly kind?: string;
}): Buffer {
  return encodeRaw({
    ...tickRecord(spec.at),
    kind: spec.kind ?? 'webhook',
    source: 'customerio',
    workspace: 'w',
    event_id: spec.eventId,
    body: sealer.seal(spec.body),
    body_bytes: spec.body.length,
  });
}

export const tickValue = (at: number): Buffer => encodeRaw(tickRecord(at));

export const record = (
  offset: number,
  timestamp: number,
  key: string | null,
  value: Buffer | null,
): LogRecord => ({
  offset: BigInt(offset),
  timestamp,
  key: key === null ? null : Buffer.from(key),
  value,
  headers: {},
});
