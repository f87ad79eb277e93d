import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { sendAnswer, sendFailure } from './answer.ts';
import { BodyError, decodeBody, readBody } from './body.ts';
import { readCall, type Call } from './call.ts';
import type { Access, Engine, EngineCall } from './engine.ts';
import { readForm } from './multipart.ts';
import { readStatement } from './statement.ts';
import { createStickySessions } from './sticky-sessions.ts';

/** One address of the engine. */
export interface Front {
  listen: (port: number) => Promise<void>;
  /** Takes no more requests and finishes the running ones. */
  close: () => Promise<void>;
}

const host = '127.0.0.1';
const bodyBytesMax = 256 * 1024 * 1024;
const headerBytesMax = 1024 * 1024;
const keepAliveTimeoutMs = 10_000;
const requestTimeoutMs = 600_000;

/**
 * Only programs on this machine may ask. A web page open in a browser here is none: it shows by
 * `Origin`, or by the foreign host name it reached us under.
 */
const refuseForeign = ({ headers }: IncomingMessage): void => {
  const name = (headers.host ?? host).replace(/:\d+$/, '');
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(name);
  if (isLocal && headers.origin === undefined) return;
  throw new BodyError(403, 497, 'Only for programs on this machine');
};

type Received = { readonly call: Call; readonly text: Buffer };

const receive = async (request: IncomingMessage, url: URL, engine: Engine): Promise<Received> => {
  const { headers } = request;
  const raw = await readBody(request, bodyBytesMax);
  const encoding = headers['content-encoding'];
  const body = await decodeBody(raw, encoding, bodyBytesMax, engine.unpackLz4);
  const type = headers['content-type'] ?? '';
  if (type.toLowerCase().startsWith('multipart/form-data')) {
    const params = new URLSearchParams(url.searchParams);
    for (const [name, value] of readForm(body, type)) params.set(name, value);
    const call = readCall(params, headers);
    return { call, text: Buffer.from(call.query) };
  }
  const call = readCall(url.searchParams, headers);
  const parts = call.query === '' ? [body] : [Buffer.from(call.query)];
  if (call.query !== '' && body.length > 0) parts.push(Buffer.from('\n'), body);
  return { call, text: Buffer.concat(parts) };
};

const accessOf = (request: IncomingMessage, isReadonly: boolean): Access => {
  if (isReadonly) return 'read-strictly';
  return request.method === 'POST' ? 'write' : 'read';
};

const isPing = ({ method }: IncomingMessage, url: URL): boolean => {
  if (url.pathname === '/ping' || url.pathname === '/replicas_status') return true;
  return method !== 'POST' && url.pathname === '/' && !url.searchParams.has('query');
};

/** Aborted when the client leaves before its answer. */
const whileConnected = (response: ServerResponse): AbortSignal => {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
};

/**
 * Serves the engine under ClickHouse's HTTP interface, as far as the official clients use it.
 *
 * @param isReadonly an address for BI: statements can only read, and settings are ours
 */
export const createFront = (engine: Engine, isReadonly: boolean): Front => {
  const sticky = createStickySessions(engine.openSession);

  const query = async (
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
  ): Promise<void> => {
    const signal = whileConnected(response);
    const { call, text } = await receive(request, url, engine);
    response.setHeader('x-clickhouse-query-id', call.queryId);
    const statement = readStatement(text);
    const rows =
      statement.kind === 'insert' ? text.subarray(statement.dataStart) : text.subarray(0, 0);
    const access = accessOf(request, isReadonly);
    const engineCall: EngineCall = { call, statement, rows, access, signal };
    const { sessionId } = call;
    // A read-only session would stay read-only, so only the read-write address keeps sessions.
    const answer =
      sessionId === undefined || access !== 'write'
        ? await engine.runAlone(engineCall)
        : await sticky.use(sessionId, call.sessionTimeoutMs, (session) =>
            engine.run(engineCall, session),
          );
    const mayCompress = call.settings.get('enable_http_compression') === '1';
    await sendAnswer(request, response, answer, mayCompress);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('x-clickhouse-server-display-name', 'landed-embedded');
    response.setHeader('x-clickhouse-timezone', engine.timezone);
    try {
      refuseForeign(request);
      const url = new URL(request.url ?? '/', `http://${host}`);
      if (isPing(request, url)) response.end('Ok.\n');
      else if (url.pathname !== '/') response.writeHead(404).end('There is no such path\n');
      else await query(request, response, url);
    } catch (error) {
      if (!response.headersSent && !response.destroyed)
        sendFailure(response, error, engine.version);
      else response.destroy();
    }
  };

  const server: Server = createServer(
    { maxHeaderSize: headerBytesMax, keepAliveTimeout: keepAliveTimeoutMs },
    (request, response) => void serve(request, response),
  );
  server.requestTimeout = requestTimeoutMs;
  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => resolve());
      }),
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      sticky.closeAll();
    },
  };
};
