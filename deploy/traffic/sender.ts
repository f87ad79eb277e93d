import type { Deliver } from './deliver.ts';
import { createGate } from './gate.ts';
import type { PlannedCall } from './plan.ts';

export type SenderOptions = {
  /** Instant of the first call, ms, and the time between two. */
  readonly baseAt: number;
  readonly stepMs: number;
  /** Calls to make; null: without end. */
  readonly events: number | null;
  /**
   * `independent`: a call that fails is tried again while later ones go out. `behind`: as
   * Customer.io does it, one call at a time and every later one behind a failed one.
   */
  readonly order: 'independent' | 'behind';
  /** Calls begun and not acknowledged; the next ones wait beyond it, and their latency runs on. */
  readonly waitingMax: number;
};

export type SenderDeps = {
  readonly calls: Iterator<PlannedCall, never>;
  readonly deliver: Deliver;
  readonly now: () => number;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** A call is handed over this long before it is due, so that its record on disk costs no latency. */
const LEAD_MS = 100;

/**
 * Sends planned calls, each at its own instant whatever became of those before (open loop).
 *
 * @returns true when every call of a finite run was acknowledged; after `signal` it resolves once
 * the attempts under way have ended
 * @throws when the ledger cannot be written: what is not on record is not sent
 */
export async function sendCalls(
  options: SenderOptions,
  deps: SenderDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const { calls, deliver, now, pause } = deps;
  const gate = createGate(options.order === 'behind' ? 1 : options.waitingMax);
  const halt = new AbortController();
  const stop = AbortSignal.any([signal, halt.signal]);
  const open = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let acknowledged = 0;

  function begin(dueAt: number): void {
    const delivery = deliver(calls.next().value, dueAt, stop)
      .then((isAcknowledged) => {
        if (isAcknowledged) acknowledged += 1;
      })
      .catch((error: unknown) => {
        failures.push(error);
        halt.abort();
      })
      .finally(() => {
        open.delete(delivery);
        gate.leave();
      });
    open.add(delivery);
  }

  for (let call = 0; options.events === null || call < options.events; call += 1) {
    const dueAt = options.baseAt + call * options.stepMs;
    await pause(dueAt - LEAD_MS - now(), stop);
    await gate.enter();
    if (stop.aborted) break;
    begin(dueAt);
  }
  await Promise.all(open);
  if (failures.length > 0) throw failures[0];
  return acknowledged === options.events;
}
