import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { ISocketFactory } from 'kafkajs';

/**
 * `pass`: as if it were not there. `refuse`: connections end at once. `silent`: bytes go nowhere, in
 * both directions. `lose-answers`: requests arrive, the connection is cut when the answer comes.
 */
export type ProxyMode = 'pass' | 'refuse' | 'silent' | 'lose-answers';

export type FaultyProxy = {
  /** For kafkajs: every connection, whatever broker it is meant for, takes the way through here. */
  readonly socketFactory: ISocketFactory;
  mode: ProxyMode;
  /** Ends what is connected at the moment. */
  readonly cut: () => void;
  /** Answers that were lost. */
  readonly lost: () => number;
  readonly close: () => void;
};

/** A TCP proxy between a client and a Kafka cluster, on loopback. */
export async function createFaultyProxy(): Promise<FaultyProxy> {
  const targets = new Map<number, { readonly host: string; readonly port: number }>();
  const sockets = new Set<Socket>();
  let lost = 0;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };
  const join = (client: Socket): void => {
    keep(client);
    const target = targets.get(client.remotePort ?? 0);
    if (proxy.mode === 'refuse' || !target) {
      client.destroy();
      return;
    }
    const broker = connect(target);
    keep(broker);
    client.on('data', (bytes) => {
      if (proxy.mode !== 'silent') broker.write(bytes);
    });
    broker.on('data', (bytes) => {
      if (proxy.mode === 'pass') client.write(bytes);
      if (proxy.mode !== 'lose-answers') return;
      lost += 1;
      client.destroy();
    });
    client.on('close', () => broker.destroy());
    broker.on('close', () => client.destroy());
  };
  const server = createServer({ pauseOnConnect: true }, (client) => {
    // The client says where it wants to go just after it is connected.
    setTimeout(() => {
      join(client);
      client.resume();
    }, 5);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: FaultyProxy = {
    socketFactory: ({ host, port: brokerPort, onConnect }) => {
      const socket = connect({ host: '127.0.0.1', port }, () => {
        targets.set(socket.localPort ?? 0, { host, port: brokerPort });
        onConnect();
      });
      return socket;
    },
    mode: 'pass',
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    lost: () => lost,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return proxy;
}
