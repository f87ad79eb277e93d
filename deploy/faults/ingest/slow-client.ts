import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** How one slow connection ended: closed by the service, after so long; null: it stood to the end. */
export type SlowEnd = { readonly closedAfterMs: number | null };

export type SlowPlan = {
  readonly port: number;
  readonly localAddress: string;
  /** What is sent first, and then bit by bit. */
  readonly start: string;
  readonly drip: string;
  readonly everyMs: number;
};

export type SlowClient = {
  readonly end: () => SlowEnd;
};

/** Addresses of the loopback network that stand for many senders. */
export const ATTACK_ADDRESSES: readonly string[] = Array.from(
  { length: 10 },
  (_, at) => `127.0.0.${at + 2}`,
);

/** Opens a connection and sends hardly anything, on and on, as long as the service lets it. */
export function startSlowClient(plan: SlowPlan): SlowClient {
  const openedAt = performance.now();
  let closedAfterMs: number | null = null;
  const socket: Socket = connect({
    host: '127.0.0.1',
    port: plan.port,
    localAddress: plan.localAddress,
  });
  const dripping = setInterval(() => {
    if (socket.writable) socket.write(plan.drip);
  }, plan.everyMs);
  socket.on('connect', () => socket.write(plan.start));
  // The answer is read, so that the end behind it is seen.
  socket.on('data', () => undefined).on('error', () => undefined);
  socket.on('close', () => {
    clearInterval(dripping);
    closedAfterMs ??= performance.now() - openedAt;
  });
  return {
    end: () => {
      const outcome = { closedAfterMs };
      clearInterval(dripping);
      socket.destroy();
      return outcome;
    },
  };
}
