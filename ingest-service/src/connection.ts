import type { Circuit } from './circuit.ts';
import { within } from './deadline.ts';
import type { Logger } from './log.ts';
import type { Sender } from './producer.ts';

export type ConnectionLimits = {
  readonly connectTimeoutMs: number;
  readonly closeTimeoutMs: number;
  /** Pauses between attempts to connect: from, to; doubled, jittered. */
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
};

export type ConnectionDeps = {
  readonly connect: () => Promise<Sender>;
  readonly circuit: Circuit;
  readonly limits: ConnectionLimits;
  readonly logger: Logger;
};

/** One connected sender, or the way back to one. */
export type Connection = {
  readonly start: () => void;
  readonly sender: () => Sender | null;
  /** Gives up a sender for good. `outcome`: what it was doing, which may go on for a while. */
  readonly drop: (failed: Sender, outcome: Promise<unknown>) => void;
  /** Called after each attempt to connect, whatever came of it. */
  readonly onChange: (listener: () => void) => void;
  readonly close: () => Promise<void>;
};

/** Opens and closes senders, each within its time; what comes too late is let go. */
function createDoor({ connect, limits, logger }: ConnectionDeps): {
  readonly open: () => Promise<Sender>;
  readonly letGo: (sender: Sender) => Promise<void>;
} {
  const letGo = async (sender: Sender): Promise<void> => {
    try {
      await within(sender.close(), limits.closeTimeoutMs, 'disconnect from Kafka');
    } catch (error) {
      logger.warn({ error }, 'a Kafka producer did not disconnect cleanly');
    }
  };
  const open = async (): Promise<Sender> => {
    const connecting = connect();
    try {
      return await within(connecting, limits.connectTimeoutMs, 'connect to Kafka');
    } catch (error) {
      connecting.then(letGo, () => undefined);
      throw error;
    }
  };
  return { open, letGo };
}

function backoffMs(attempt: number, { backoffMinMs, backoffMaxMs }: ConnectionLimits): number {
  return Math.min(backoffMinMs * 2 ** attempt, backoffMaxMs) * (0.5 + Math.random() / 2);
}

/** Keeps one sender connected, trying again without end. */
export function createConnection(deps: ConnectionDeps): Connection {
  const { circuit, limits, logger } = deps;
  const { open, letGo } = createDoor(deps);
  let sender: Sender | null = null;
  let isClosed = false;
  let retry: NodeJS.Timeout | undefined;
  let tellChange = (): void => undefined;

  const connect = async (attempt: number): Promise<void> => {
    try {
      const fresh = await open();
      if (isClosed) {
        await letGo(fresh);
        return;
      }
      sender = fresh;
      logger.info('connected to Kafka');
    } catch (error) {
      if (isClosed) return;
      circuit.failed(performance.now());
      if (attempt === 0) logger.warn({ error }, 'Kafka is not reachable, trying again');
      retry = setTimeout(() => void connect(attempt + 1), backoffMs(attempt, limits));
    }
    tellChange();
  };

  return {
    start: () => void connect(0),
    sender: () => sender,
    drop: (failed, outcome) => {
      sender = null;
      // It may still be repeating the batch, and reconnect for it: let go again once it ends.
      const again = (): Promise<void> => letGo(failed);
      void letGo(failed).then(() => outcome.then(again, again));
      if (!isClosed) void connect(0);
    },
    onChange: (listener) => {
      tellChange = listener;
    },
    close: async () => {
      isClosed = true;
      clearTimeout(retry);
      const last = sender;
      sender = null;
      if (last) await letGo(last);
    },
  };
}
