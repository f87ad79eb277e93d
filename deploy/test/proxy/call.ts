import { request } from 'node:https';
import type { Agent } from 'node:https';

export const HOST = 'hooks.example.com';
export const PATH = '/v1/webhooks/customerio/reporting';

export type Call = {
  readonly port: number;
  /** Certificate that is trusted. */
  readonly ca: string;
  readonly path?: string;
  readonly method?: string;
  /** Names and values in turn, as they are written. */
  readonly headers?: readonly string[];
  readonly body?: Uint8Array | string;
  /** Chunked, without a declared length. */
  readonly isChunked?: boolean;
  /** Loopback address the call comes from. */
  readonly from?: string;
  /** Keeps connections; without one each call has its own. */
  readonly agent?: Agent;
  readonly host?: string;
};

export type Reply = {
  /** 0 when there was none. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Code of an error, before or amid the answer. */
  readonly error: string | null;
  readonly elapsedMs: number;
};

/** Longer than anything may take: the sender itself gives up at 4 s. */
const DEADLINE_MS = 10_000;

/** One call over TLS, as the sender makes it: the certificate is checked. Never rejects. */
export function call(options: Call): Promise<Reply> {
  const { port, ca, path = PATH, method = 'POST', body = '', host = HOST } = options;
  const bytes = Buffer.from(body);
  const startedAt = performance.now();
  return new Promise((resolve) => {
    let reply: Omit<Reply, 'elapsedMs'> = { status: 0, headers: {}, body: '', error: null };
    const settle = (error: string | null): void => {
      resolve({ ...reply, error, elapsedMs: performance.now() - startedAt });
    };
    const length = options.isChunked ? [] : ['Content-Length', String(bytes.length)];
    const calling = request({
      host: '127.0.0.1',
      port,
      servername: HOST,
      ca,
      path,
      method,
      agent: options.agent ?? false,
      headers: ['Host', host, ...length, ...(options.headers ?? [])],
      timeout: DEADLINE_MS,
      ...(options.from === undefined ? {} : { localAddress: options.from }),
    });
    calling.on('timeout', () => calling.destroy(new Error('no answer within the deadline')));
    calling.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    calling.on('response', (response) => {
      const { statusCode = 0, headers } = response;
      reply = { status: statusCode, headers, body: '', error: null };
      response.setEncoding('utf8').on('data', (chunk: string) => {
        reply = { ...reply, body: reply.body + chunk };
      });
      response.on('end', () => settle(null));
      response.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    });
    if (options.isChunked) calling.write(bytes);
    calling.end(options.isChunked ? undefined : bytes);
  });
}
