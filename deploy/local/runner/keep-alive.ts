import { setTimeout as sleep } from 'node:timers/promises';

/** What the table says about one process. */
export type KeptState =
  | { readonly kind: 'up' }
  | { readonly kind: 'down'; readonly retryInMs: number; readonly deaths: number }
  | { readonly kind: 'starting'; readonly deaths: number };

export interface KeepAlive {
  state: () => KeptState;
  /** Tells that the process ended; begins to bring it back. */
  died: () => void;
  /** Gives up bringing it back; resolves when no attempt is under way. */
  stop: () => Promise<void>;
}

const firstDelayMs = 500;
const longestDelayMs = 30_000;
/** A process that lived so long starts over with the first delay. */
const soundAfterMs = 60_000;

/** Wait before attempt number `attempt` (from 0): doubling, bounded. */
export const backOffMs = (attempt: number): number =>
  Math.min(firstDelayMs * 2 ** Math.min(attempt, 10), longestDelayMs);

/**
 * Brings a process back after it died, without end, each time after a longer wait.
 *
 * @param start resolves when the process serves again
 * @param now ms, monotonic
 */
export const createKeepAlive = (deps: {
  readonly start: () => Promise<void>;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}): KeepAlive => {
  const { start, now, onError } = deps;
  const stopping = new AbortController();
  let state: KeptState = { kind: 'up' };
  let deaths = 0;
  let attempt = 0;
  let upSince = now();
  let reviving: Promise<void> | undefined;

  const revive = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const retryInMs = backOffMs(attempt);
      attempt += 1;
      state = { kind: 'down', retryInMs, deaths };
      try {
        await sleep(retryInMs, undefined, { signal: stopping.signal });
      } catch {
        return;
      }
      state = { kind: 'starting', deaths };
      try {
        await start();
        state = { kind: 'up' };
        upSince = now();
        return;
      } catch (error) {
        onError(error);
      }
    }
  };

  return {
    state: () => state,
    died: () => {
      if (stopping.signal.aborted || reviving !== undefined) return;
      deaths += 1;
      if (now() - upSince > soundAfterMs) attempt = 0;
      reviving = revive().finally(() => {
        reviving = undefined;
      });
    },
    stop: async () => {
      stopping.abort();
      await reviving;
    },
  };
};
