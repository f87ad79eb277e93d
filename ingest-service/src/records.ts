import { createEncoder } from '@landed/schemas/codec';
import { deadLetterHeaders } from '@landed/schemas/dead-letter';
import type { DeadLetterReason } from '@landed/schemas/fate';
import { partitionOf } from '@landed/schemas/key';
import type { Sealer } from '@landed/schemas/seal';
import type { Draft } from './batch.ts';
import type { Flag } from './verify.ts';

/** An authentic request, whatever is in it. */
export type Call = {
  readonly source: string;
  readonly workspace: string;
  /** ms */
  readonly receivedAt: number;
  readonly signedAt: number | null;
  readonly keyId: string | null;
  readonly flags: readonly Flag[];
  /** The body, or its first bytes. */
  readonly body: Buffer;
  /** Length as received. */
  readonly bodyBytes: number;
  readonly bodySha256: string;
};

export type Rejection = {
  readonly reason: DeadLetterReason;
  /** Names the field and the shape of its value, never the value. */
  readonly detail: string;
  readonly key: string | null;
  readonly eventId: string;
};

/** Makes Kafka records of calls. */
export type Records = {
  readonly raw: (call: Call, eventId: string, key: string) => Draft;
  readonly deadLetter: (call: Call, rejection: Rejection) => Draft;
};

export type RecordsDeps = {
  readonly sealer: Sealer;
  readonly rawSchemaId: number;
  readonly rawTopic: string;
  readonly rawPartitions: number;
  readonly deadLetterTopic: string;
  readonly deadLetterPartitions: number;
};

/** What a sealed body and the fields beside it add to its bytes, at most. */
const ENVELOPE_BYTES = 600;

/** Seals bodies and puts them into the envelopes of the contract. */
export function createRecords(deps: RecordsDeps): Records {
  const { sealer, rawTopic, deadLetterTopic } = deps;
  const encode = createEncoder('RawWebhook', deps.rawSchemaId);
  return {
    raw: (call, eventId, key) => ({
      topic: rawTopic,
      partition: partitionOf(key, deps.rawPartitions),
      key,
      valueBytes: call.body.length + ENVELOPE_BYTES,
      value: () =>
        encode({
          kind: 'webhook',
          source: call.source,
          workspace: call.workspace,
          event_id: eventId,
          received_at: call.receivedAt,
          signature_timestamp: call.signedAt,
          signing_key_id: call.keyId,
          flags: call.flags,
          body: sealer.seal(call.body),
          body_bytes: call.bodyBytes,
          body_sha256: call.bodySha256,
        }),
    }),
    deadLetter: (call, { reason, detail, key, eventId }) => ({
      topic: deadLetterTopic,
      partition: partitionOf(key ?? call.bodySha256, deps.deadLetterPartitions),
      key,
      valueBytes: call.body.length + ENVELOPE_BYTES,
      value: () => sealer.seal(call.body),
      headers: deadLetterHeaders({
        reason,
        detail,
        stage: 'ingest',
        workspace: call.workspace,
        eventId,
        at: call.receivedAt,
        originalBytes: call.bodyBytes,
        originalSha256: call.bodySha256,
        isTruncated: call.body.length < call.bodyBytes,
        isSealed: true,
      }),
    }),
  };
}
