import type { Server as WebServer } from 'node:http';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { listen } from './server.ts';

/** Everything that listens on one port. */
export type Listening = {
  readonly port: number;
  /** Each is to be closed; connections belong to the one that accepted them. */
  readonly servers: readonly Server[];
};

/**
 * Sockets that listen on the webhook port. Since libuv 1.46 a turn of the event loop accepts one
 * connection of each. With a single one, a loop kept busy by the connections it has (a quarter of a
 * second a turn) takes in four a second, and a good sender's wait for longer than it does.
 */
const ACCEPTORS = 64;

/** A port. `isShared`: other processes of ours may hold it too. */
export type SharedPlace = {
  readonly host: string;
  readonly port: number;
  readonly isShared: boolean;
};

/** The port, once it has been free. Rejects when it is taken. */
async function freePort(
  place: { readonly host: string; readonly port: number },
  onError: (error: Error) => void,
): Promise<number> {
  const probe = createServer();
  const port = await listen(probe, place, onError);
  await new Promise<void>((resolve) => {
    probe.close(() => resolve());
  });
  return port;
}

/**
 * Binds a server, and further sockets beside it that hand it their connections. Where the system
 * has no shared ports there is only the one. Rejects when the port is taken, by whomever.
 */
export async function listenWide(
  server: WebServer,
  { host, port, isShared }: SharedPlace,
  onError: (error: Error) => void,
): Promise<Listening> {
  // A port could be shared by mistake: unless that is meant, it must be free for us alone at first.
  const free = isShared ? port : await freePort({ host, port }, onError);
  let bound: number;
  try {
    bound = await listen(server, { host, port: free, reusePort: true }, onError);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTSUP') throw error;
    await listen(server, { host, port: free }, onError);
    return { port: free, servers: [server] };
  }
  const others = Array.from({ length: ACCEPTORS - 1 }, () =>
    createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      server.emit('connection', socket);
    }),
  );
  for (const other of others) await listen(other, { host, port: bound, reusePort: true }, onError);
  return { port: bound, servers: [server, ...others] };
}
