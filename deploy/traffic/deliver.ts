import { createHash } from 'node:crypto';
import { createGate } from './gate.ts';
import type { LedgerWriter } from './ledger-writer.ts';
import type { PlannedCall } from './plan.ts';
import type { Answer, Poster } from './post.ts';
import { GIVE_UP_MS, retryWaitMs } from './retry-policy.ts';
import type { RetryOptions } from './retry-policy.ts';
import type { SentCounts } from './sent-counts.ts';

export type DeliverOptions = RetryOptions & {
  /** Requests open at a time. */
  readonly inFlightMax: number;
};

export type DeliverDeps = {
  readonly poster: Poster;
  readonly ledger: LedgerWriter;
  readonly counts: SentCounts;
  /** Wall clock, ms. */
  readonly now: () => number;
  /** Resolves after `ms`, or at once when the signal is given. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** Sends one call at its instant. True: acknowledged and on record; false: stopped before that. */
export type Deliver = (call: PlannedCall, dueAt: number, stop: AbortSignal) => Promise<boolean>;

/**
 * Makes the function that brings one call to its acknowledgement: on record before it leaves, sent
 * at its instant, again after a pause as long as it takes, every answer on record.
 */
export function createDeliver(options: DeliverOptions, deps: DeliverDeps): Deliver {
  const { poster, ledger, counts, now, pause } = deps;
  const inFlight = createGate(options.inFlightMax);

  async function attempt(call: PlannedCall): Promise<Answer> {
    await inFlight.enter();
    try {
      return await poster.post(call.body);
    } finally {
      inFlight.leave();
    }
  }

  const record = (call: PlannedCall, number: number, answer: Answer): Promise<void> =>
    ledger.answer({ call: call.call, attempt: number, ...answer, at: Math.round(now()) });

  return async (call, dueAt, stop) => {
    await ledger.sent({
      call: call.call,
      event_id: call.eventId,
      sha256: createHash('sha256').update(call.body).digest('hex'),
      bytes: call.body.length,
      kind: call.kind,
      object_type: call.objectType,
      metric: call.metric,
      sent_at: Math.round(Math.max(dueAt, now())),
    });
    await pause(dueAt - now(), stop);
    if (!stop.aborted) counts.sent();
    for (let number = 1; !stop.aborted && now() - dueAt < GIVE_UP_MS; number += 1) {
      if (number > 1) counts.retried();
      const answer = await attempt(call);
      if (answer.status >= 200 && answer.status < 300) {
        counts.acknowledged(answer, now() - dueAt);
        await record(call, number, answer);
        return true;
      }
      counts.failed(answer);
      await record(call, number, answer);
      await pause(retryWaitMs(answer, number, options), stop);
    }
    return false;
  };
}
