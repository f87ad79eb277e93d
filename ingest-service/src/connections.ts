import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { BlockList, Socket } from 'node:net';
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { familyOf, plainAddress } from '@landed/schemas/network';
import { unavailable } from './answers.ts';
import { writeAnswer } from './write-answer.ts';

export type ConnectionCaps = {
  /** Connections at once, over all addresses. */
  readonly connectionsMax: number;
  /** Of one address; 0: as many as there may be at all. Trusted proxies are exempt. */
  readonly connectionsPerAddressMax: number;
};

/** Counts the connections of a server and turns away those above its caps. */
export type Connections = {
  /** Begins to count. Once, before the server listens. */
  readonly watch: (server: Server) => void;
  /**
   * A listener that answers 503 on connections above a cap and passes on all others; close to a
   * cap their connections end with the answer.
   */
  readonly guard: (listener: RequestListener) => RequestListener;
};

export type ConnectionsDeps = {
  readonly caps: ConnectionCaps;
  readonly trustedProxies: () => BlockList;
  readonly registry: Registry;
};

/** From this share of a cap on, answers end their connections: idle ones then never fill it. */
const CROWDED_SHARE = 0.8;
/** Above this many times the cap a connection is closed unheard: it is an attack, or a storm. */
const UNHEARD_TIMES = 2;
/** A connection above the cap has this long to bring its request, which is then answered. */
const TURN_AWAY_MS = 2_000;

const turnedAway = { ...unavailable('connections'), isFinal: true };

/** The same for a connection and for the TLS socket upon it. */
const nameOf = ({ remoteAddress, remotePort }: Socket): string =>
  `${remoteAddress ?? ''} ${remotePort ?? 0}`;

const addressOf = ({ remoteAddress }: Socket): string => plainAddress(remoteAddress ?? '');

function createMeters(registry: Registry, count: () => number): Counter {
  const open: Gauge = new Gauge({
    name: 'ingest_connections',
    help: 'Connections open on the webhook port',
    registers: [registry],
    collect: (): void => {
      open.set(count());
    },
  });
  return new Counter({
    name: 'ingest_connections_turned_away_total',
    help: 'Connections above a cap',
    labelNames: ['cap'],
    registers: [registry],
  });
}

/**
 * Bounds on connections. One above a cap is accepted, has its request answered 503, and is closed:
 * refused or reset it would cost the sender an hour. Close to a cap, answers end their connections,
 * so that what waits idle makes room for who has something to say.
 */
export function createConnections(deps: ConnectionsDeps): Connections {
  const { connectionsMax, connectionsPerAddressMax } = deps.caps;
  const perAddress = new Map<string, number>();
  const above = new Set<string>();
  let open = 0;
  const counted = createMeters(deps.registry, () => open);

  const ofAddress = (address: string): number => perAddress.get(address) ?? 0;
  const isExempt = (address: string): boolean =>
    address !== '' && deps.trustedProxies().check(address, familyOf(address));

  /** The cap of which more than a share is in use, seen from where a connection comes. */
  const capMet = (socket: Socket, share: number): 'total' | 'address' | null => {
    if (open > connectionsMax * share) return 'total';
    if (connectionsPerAddressMax === 0) return null;
    const address = addressOf(socket);
    const isMet = ofAddress(address) > connectionsPerAddressMax * share && !isExempt(address);
    return isMet ? 'address' : null;
  };

  const turnAway = (socket: Socket, cap: string): void => {
    counted.inc({ cap });
    const name = nameOf(socket);
    above.add(name);
    const timer = setTimeout(() => socket.destroy(), TURN_AWAY_MS);
    socket.once('close', () => {
      above.delete(name);
      clearTimeout(timer);
    });
  };

  const onConnection = (socket: Socket): void => {
    if (open >= connectionsMax * UNHEARD_TIMES) {
      counted.inc({ cap: 'unheard' });
      socket.destroy();
      return;
    }
    const address = addressOf(socket);
    open += 1;
    perAddress.set(address, ofAddress(address) + 1);
    socket.once('close', () => {
      open -= 1;
      const left = ofAddress(address) - 1;
      if (left > 0) perAddress.set(address, left);
      else perAddress.delete(address);
    });
    const cap = capMet(socket, 1);
    if (cap !== null) turnAway(socket, cap);
  };

  return {
    watch: (server) => {
      server.prependListener('connection', onConnection);
    },
    guard: (listener) => (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request;
      if (above.size > 0 && above.has(nameOf(socket))) {
        writeAnswer(request, response, turnedAway, true);
        return;
      }
      if (capMet(socket, CROWDED_SHARE) !== null) response.shouldKeepAlive = false;
      listener(request, response);
    },
  };
}
