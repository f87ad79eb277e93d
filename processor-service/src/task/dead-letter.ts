import { createHash } from 'node:crypto';
import { deadLetterHeaders } from '@landed/schemas/dead-letter';
import type { DeadLetterReason } from '@landed/schemas/fate';
import { partitionOf } from '@landed/schemas/key';
import { maskAddresses } from '@landed/schemas/mask';
import type { LogRecord } from '../log/record-batch.ts';
import type { OutputRecord } from './output.ts';

/** Why a raw record cannot be used. `detail` names fields and shapes, never values. */
export type Rejection = {
  readonly reason: DeadLetterReason;
  readonly detail: string;
  /** `''` where the record could not be read. */
  readonly workspace: string;
  readonly eventId: string;
};

export type DeadLetterPlace = {
  readonly topic: string;
  readonly partitions: number;
  readonly rawTopic: string;
  readonly rawPartition: number;
};

/** Longer values are cut: the raw topic takes larger batches than the dead-letter topic. */
export const DEAD_LETTER_BYTES_MAX = 2 * 1024 * 1024;
const DETAIL_CHARS_MAX = 300;
const NOTHING = Buffer.alloc(0);

/**
 * The dead letter of a raw record: its bytes as they stand in the raw topic (the body in them is
 * sealed), with the reason in headers. It is written within the transaction of its turn.
 */
export function deadLetter(
  record: LogRecord,
  rejection: Rejection,
  place: DeadLetterPlace,
): OutputRecord {
  const value = record.value ?? NOTHING;
  const isTruncated = value.length > DEAD_LETTER_BYTES_MAX;
  return {
    topic: place.topic,
    partition: partitionOf(record.key ?? NOTHING, place.partitions),
    key: record.key,
    value: isTruncated ? value.subarray(0, DEAD_LETTER_BYTES_MAX) : value,
    headers: deadLetterHeaders({
      reason: rejection.reason,
      detail: rejection.detail.slice(0, DETAIL_CHARS_MAX),
      stage: 'score',
      workspace: rejection.workspace,
      eventId: maskAddresses(rejection.eventId),
      at: record.timestamp,
      origin: {
        topic: place.rawTopic,
        partition: place.rawPartition,
        offset: record.offset.toString(),
      },
      originalBytes: value.length,
      originalSha256: createHash('sha256').update(value).digest('hex'),
      isTruncated,
      isSealed: false,
    }),
  };
}
