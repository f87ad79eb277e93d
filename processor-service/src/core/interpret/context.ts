import type { DeadLetterReason, Fate } from '@landed/schemas/fate';

/** A raw record, opened: its kind and its parsed body. */
export type RawEvent = {
  /** `RawWebhook.kind`. */
  readonly kind: string;
  /** The body as parsed JSON; anything for a tick. */
  readonly body: unknown;
};

/** What is known of a raw record beside its body. Instants in ms. */
export type InterpretContext = {
  readonly workspace: string;
  readonly eventId: string;
  readonly profileKey: string;
  /** When the request was received. */
  readonly receivedAt: number;
  /** Clock of the partition at this record; never goes back. */
  readonly recordedAt: number;
  readonly hashAddress: (address: string) => string;
  readonly maskAddresses: (text: string) => string;
  readonly rawPartition: number;
  readonly rawOffset: bigint | number | string;
};

export function deadLetter(reason: DeadLetterReason, detail: string): Fate<never> {
  return { kind: 'dead-letter', reason, detail };
}
