import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { ListenOptions, Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Certificate } from './certificate.ts';
import { declaredBytes } from './receive.ts';
import { HEADER_PAIRS_MAX } from './verify.ts';

export type WebServer = {
  readonly server: Server;
  /** Takes effect for new connections. */
  readonly useCertificate: (certificate: Certificate) => void;
};

export type WebServerOptions = {
  readonly listener: RequestListener;
  readonly certificate: Certificate | null;
  /** Longer than the idle time of a proxy in front: else it meets resets, which cost an hour. */
  readonly keepAliveMs: number;
  readonly bodyBytesHardMax: number;
  /** A connection whose bytes were no HTTP, or came too slowly. */
  readonly onBrokenRequest: () => void;
};

/** Bounds on what a connection may do; a slow or endless sender ends here. */
const hardening = {
  headersTimeout: 3_000,
  requestTimeout: 5_000,
  connectionsCheckingInterval: 500,
  maxHeaderSize: 8 * 1024,
  maxRequestsPerSocket: 1_000,
  noDelay: true,
  requireHostHeader: true,
  insecureHTTPParser: false,
} as const;

const BROKEN_CLOSE_MS = 1_000;
/**
 * Connections that wait to be accepted. Where the queue is full the kernel drops them, and the
 * sender's tries again after 1, 3, 7 seconds: longer than it waits for an answer.
 */
const BACKLOG = 4_096;

const REASONS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Answers what is no HTTP in words, and closes. No authentic call comes here. */
function answerBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = REASONS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  setTimeout(() => socket.destroy(), BROKEN_CLOSE_MS).unref();
}

/** An HTTP or HTTPS server with every limit set. Not listening yet. */
export function createWebServer(options: WebServerOptions): WebServer {
  const { listener, certificate, bodyBytesHardMax } = options;
  const settings = { ...hardening, keepAliveTimeout: options.keepAliveMs };
  const tls = certificate && createHttpsServer({ ...settings, ...certificate }, listener);
  const server = tls ?? createHttpServer(settings, listener);
  server.maxHeadersCount = HEADER_PAIRS_MAX;
  server.maxRequestsPerSocket = hardening.maxRequestsPerSocket;
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // A body that is refused by its declared length is not asked for.
    if (declaredBytes(request) <= bodyBytesHardMax) response.writeContinue();
    listener(request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    options.onBrokenRequest();
    answerBroken(error, socket);
  });
  return {
    server,
    useCertificate: ({ cert, key }) => tls?.setSecureContext({ cert, key }),
  };
}

/** Where to listen. A shared port may be held by several processes of the same user. */
export type Place = {
  readonly host: string;
  readonly port: number;
  readonly isShared?: boolean;
};

/**
 * Binds. Rejects with Node's error when the address is taken or not ours.
 *
 * @param onError hears of errors after that, which are about single connections (no more file
 *   descriptors, say): without a listener they would end the process
 */
export function listen(
  server: NetServer,
  address: ListenOptions & { readonly port: number },
  onError: (error: Error) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...address, backlog: BACKLOG }, () => {
      server.off('error', reject).on('error', onError);
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : address.port);
    });
  });
}
