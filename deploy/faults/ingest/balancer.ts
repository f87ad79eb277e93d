import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { isAble } from './instance.ts';
import type { Ports } from './instance.ts';

/** A balancer of connections: it knows TCP and readiness, nothing of HTTP. */
export type Balancer = {
  readonly port: number;
  /** Whether new connections go to this one. */
  readonly isIn: (target: Ports) => boolean;
  readonly counts: () => BalancerCounts;
  readonly close: () => void;
};

export type BalancerCounts = {
  readonly connections: number;
  /** New connections that a target refused although it was said to be ready. */
  readonly refused: number;
  /** Connections that an instance reset. */
  readonly reset: number;
  /** New connections when nobody was ready; ended at once. */
  readonly homeless: number;
};

/** A round of checks each, and one that does not answer is out. */
const CHECK_EVERY_MS = 50;

/** Looks at readiness all the time. */
function watchReadiness(targets: readonly Ports[]): {
  readonly ready: Set<Ports>;
  readonly stop: () => void;
} {
  const ready = new Set<Ports>();
  let isOver = false;
  const look = async (target: Ports): Promise<void> => {
    const isReady = await isAble(target.opsPort).catch(() => false);
    if (isReady) ready.add(target);
    else ready.delete(target);
    if (!isOver) setTimeout(() => void look(target), CHECK_EVERY_MS);
  };
  for (const target of targets) void look(target);
  return {
    ready,
    stop: () => {
      isOver = true;
    },
  };
}

/** Passes bytes and ends both ways; a reset of one side is a reset of the other. */
function join(client: Socket, backend: Socket, onReset: () => void): void {
  client.pipe(backend);
  backend.pipe(client);
  backend.on('error', () => {
    onReset();
    client.resetAndDestroy();
  });
  client.on('error', () => backend.destroy());
  client.on('close', () => backend.destroy());
  backend.on('close', () => client.end());
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

/**
 * Gives new connections to ready instances in turn, and leaves those that stand where they are: an
 * instance that drains keeps its own until it ends them.
 */
export async function startBalancer(targets: readonly Ports[]): Promise<Balancer> {
  const readiness = watchReadiness(targets);
  const open = new Set<Socket>();
  const counts = { connections: 0, refused: 0, reset: 0, homeless: 0 };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    open.add(client);
    client.once('close', () => open.delete(client));
    const ready = [...readiness.ready];
    const target = ready[counts.connections++ % Math.max(1, ready.length)];
    if (target === undefined) {
      counts.homeless += 1;
      client.destroy();
      return;
    }
    const backend = connect({
      host: '127.0.0.1',
      port: target.port,
      allowHalfOpen: true,
      noDelay: true,
    });
    let isConnected = false;
    backend.once('connect', () => {
      isConnected = true;
    });
    join(client, backend, () => {
      counts[isConnected ? 'reset' : 'refused'] += 1;
    });
  });
  const port = await listen(server);
  return {
    port,
    isIn: (target) => readiness.ready.has(target),
    counts: () => ({ ...counts }),
    close: () => {
      readiness.stop();
      server.close();
      for (const client of open) client.destroy();
    },
  };
}
