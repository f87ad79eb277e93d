import { quarantined, stored, unavailable } from './answers.ts';
import type { Answer } from './answers.ts';
import type { Envelope } from './envelope.ts';
import type { Publisher } from './publish.ts';
import type { Call, Records, Rejection } from './records.ts';

/** Makes authentic calls durable: events in the raw topic, everything else as dead letters. */
export type Store = {
  /** @param deadlineAt `performance.now()` time */
  readonly keep: (call: Call, envelope: Envelope, deadlineAt: number) => Promise<Answer>;
};

export type StoreDeps = {
  readonly records: Records;
  readonly publisher: Pick<Publisher, 'publish'>;
};

/** Where a topic takes less than our soft limit, a dead letter keeps this much of the body. */
const CUT_BYTES = 256 * 1024;

const cut = (call: Call): Call => ({ ...call, body: call.body.subarray(0, CUT_BYTES) });

/** A body above the soft limit: its first bytes are kept, with its size and hash. */
export function oversized(bodyBytes: number): Rejection & { readonly kind: 'unusable' } {
  const detail = `the body has ${bodyBytes} bytes`;
  return { kind: 'unusable', reason: 'body_too_large', detail, key: null, eventId: '' };
}

export function createStore({ records, publisher }: StoreDeps): Store {
  const quarantine = async (
    call: Call,
    rejection: Rejection,
    deadlineAt: number,
  ): Promise<Answer> => {
    const fate = await publisher.publish(records.deadLetter(call, rejection), deadlineAt);
    if (fate === 'stored') return quarantined(rejection.reason);
    if (fate !== 'too_large') return unavailable(fate);
    if (call.body.length <= CUT_BYTES) return unavailable('unavailable');
    return quarantine(cut(call), rejection, deadlineAt);
  };
  return {
    keep: async (call, envelope, deadlineAt) => {
      if (envelope.kind === 'unusable') return quarantine(call, envelope, deadlineAt);
      const { eventId, key } = envelope;
      const fate = await publisher.publish(records.raw(call, eventId, key), deadlineAt);
      if (fate === 'stored') return stored;
      if (fate !== 'too_large') return unavailable(fate);
      // The topic takes less than the contract says. One event must not stop all that follow.
      return quarantine(call, { ...oversized(call.bodyBytes), key, eventId }, deadlineAt);
    },
  };
}
