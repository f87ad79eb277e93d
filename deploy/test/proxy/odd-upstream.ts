import { createServer as createWebServer } from 'node:http';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/** One request as it arrived at the service's side of a proxy. */
export type Arrival = {
  /** Number of the connection that brought it, from 0. */
  readonly connection: number;
  /** Number of the request on its connection, from 0. */
  readonly place: number;
  readonly requestLine: string;
  /** Header lines as they were written. */
  readonly lines: readonly string[];
};

/** What an upstream does once the head of a request is there. */
export type Deed = (socket: Socket, arrival: Arrival) => void;

export type Place = { readonly host: string; readonly port: number; readonly opsPort: number };

export type OddUpstream = {
  readonly arrivals: readonly Arrival[];
  deed: Deed;
  /** Closes the connections that are open, as an instance does that goes. */
  readonly hangUp: () => void;
  readonly connections: () => number;
  /** No connections any more; it still says that it is ready. */
  readonly refuse: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const BODY = '{"status":"stored"}';
const HEAD = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n`;

export const deeds = {
  store: (socket) => void socket.write(HEAD + BODY),
  reset: (socket) => void socket.resetAndDestroy(),
  /** Ends without a word. */
  end: (socket) => void socket.end(),
  halfHead: (socket) => void socket.end(HEAD.slice(0, 30)),
  resetInHead: (socket) => void socket.write(HEAD.slice(0, 30), () => socket.resetAndDestroy()),
  noHttp: (socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
  resetInBody: (socket) =>
    void socket.write(HEAD + BODY.slice(0, 5), () => socket.resetAndDestroy()),
  hang: () => undefined,
  /** The second call on each connection meets its end. */
  resetOnSecond: (socket, arrival) =>
    arrival.place === 0 ? deeds.store(socket) : void socket.resetAndDestroy(),
} satisfies Record<string, Deed>;

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen({ port, host }, resolve);
  });

/** Stands in the place of an instance, ready by its own account, reads short requests and misbehaves. */
export async function startOddUpstream(place: Place, deed: Deed): Promise<OddUpstream> {
  const sockets = new Set<Socket>();
  const arrivals: Arrival[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    const connection = connections++;
    let onIt = 0;
    let text = '';
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const [requestLine = '', ...lines] = text.slice(0, end).split('\r\n');
      const length = Number(/^content-length: (\d+)$/im.exec(lines.join('\n'))?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      text = '';
      const arrival = { connection, place: onIt++, requestLine, lines };
      arrivals.push(arrival);
      upstream.deed(socket, arrival);
    });
  });
  const ops = createWebServer((_, response) => response.end('{}'));
  await listen(server, place.port, place.host);
  await listen(ops, place.opsPort, place.host);
  const refuse = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  const upstream: OddUpstream = {
    arrivals,
    deed,
    hangUp: () => {
      for (const socket of sockets) socket.end();
    },
    connections: () => sockets.size,
    refuse,
    close: async () => {
      await refuse();
      ops.closeAllConnections();
      await new Promise((resolve) => ops.close(resolve));
    },
  };
  return upstream;
}
