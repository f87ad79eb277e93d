import type { Server } from 'node:http';
import type { Server as NetServer } from 'node:net';
import { pause, within } from './deadline.ts';
import type { Logger } from './log.ts';

export type DrainDeps = {
  readonly server: Server;
  /** Everything that listens on the webhook port. */
  readonly acceptors: () => readonly NetServer[];
  readonly ops: Server;
  /** How long to go on serving once unready, so that a balancer can look elsewhere first. */
  readonly drainMs: number;
  /** From here on the service says it is not ready, and each answer ends its connection. */
  readonly begin: () => void;
  readonly closeStorage: (timeoutMs: number) => Promise<void>;
  readonly logger: Logger;
};

/** Requests under way end by their own deadline; this is a little longer. */
const REQUESTS_TIMEOUT_MS = 4_000;
const FLUSH_TIMEOUT_MS = 3_000;

const closed = (server: NetServer): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });

/**
 * Stops without refusing anybody who was told to come: (1) unready, and `Connection: close` on each
 * answer; (2) a while of service as before; (3) no new connections; (4) what is under way is
 * answered; (5) the last batch is acknowledged, Kafka is let go. A refused or reset connection would
 * cost the sender an hour.
 */
export function createDrain(deps: DrainDeps): () => Promise<void> {
  const { server, acceptors, ops, drainMs, logger } = deps;
  return async () => {
    deps.begin();
    logger.info({ seconds: drainMs / 1000 }, 'draining');
    await pause(drainMs);
    try {
      await within(Promise.all(acceptors().map(closed)), REQUESTS_TIMEOUT_MS, 'requests under way');
    } catch (error) {
      logger.warn({ error }, 'connections were cut at the end of the drain');
      server.closeAllConnections();
    }
    await deps.closeStorage(FLUSH_TIMEOUT_MS);
    ops.closeAllConnections();
    await closed(ops);
    logger.info('stopped');
  };
}
