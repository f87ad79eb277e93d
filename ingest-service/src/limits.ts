import type { AdmissionLimits } from './admission.ts';
import type { ConnectionCaps } from './connections.ts';
import type { ProducerLimits } from './producer.ts';
import type { PublisherLimits } from './publish.ts';
import type { BodyLimits } from './receive.ts';

export const MIB = 1024 * 1024;

/** A limit on everything. */
export type Limits = BodyLimits &
  AdmissionLimits &
  ConnectionCaps &
  PublisherLimits &
  ProducerLimits & {
    /** From the head of a request to its answer; the sender gives up at 4 s. */
    readonly deadlineMs: number;
  };

/** Those that are no settings. */
export const fixedLimits = {
  bodyBytesSoftMax: MIB,
  bodyBytesHardMax: 8 * MIB,
  batchRecordsMax: 1000,
  batchBytesMax: 8 * MIB,
  partitionBytesMax: 900 * 1024,
  connectTimeoutMs: 10_000,
  // Longer than a change of leaders takes. A connection may be dead without anybody having said so:
  // a fresh one finds out sooner.
  sendTimeoutMs: 8_000,
  closeTimeoutMs: 3_000,
  backoffMinMs: 100,
  backoffMaxMs: 1_000,
} as const;
