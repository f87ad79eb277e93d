import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';

/** What `/readyz` says beside yes or no. */
export type Readiness = {
  /** False only while draining: an unready pod means refused connections, which cost an hour. */
  readonly isReady: boolean;
  /** Whether webhooks can be stored at this moment. */
  readonly isAble: boolean;
  /** Whether a Kafka producer is connected. */
  readonly isConnected: boolean;
};

export type OpsDeps = {
  readonly metrics: Pick<Metrics, 'registry'>;
  readonly readiness: () => Readiness;
  readonly logger: Logger;
};

const text = (response: ServerResponse, status: number, type: string, body: string): void => {
  response.writeHead(status, {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
};

const json = (response: ServerResponse, status: number, content: object): void =>
  text(response, status, 'application/json', JSON.stringify(content));

/** Health and metrics, on a port of their own that is not meant for the public. */
export function createOpsServer({ metrics, readiness, logger }: OpsDeps): Server {
  const scrape = async (response: ServerResponse): Promise<void> => {
    try {
      text(response, 200, metrics.registry.contentType, await metrics.registry.metrics());
    } catch (error) {
      logger.error({ error }, 'the metrics could not be collected');
      json(response, 500, { status: 'the metrics could not be collected' });
    }
  };
  const answer = (response: ServerResponse, path: string): void => {
    if (path === '/healthz') json(response, 200, { status: 'ok' });
    else if (path === '/readyz') {
      const { isReady, isAble, isConnected } = readiness();
      json(response, isReady ? 200 : 503, {
        status: isReady ? 'ready' : 'draining',
        able: isAble,
        kafka_connected: isConnected,
      });
    } else if (path === '/metrics') void scrape(response);
    else json(response, 404, { status: 'not_found' });
  };
  const settings = { requestTimeout: 5_000, headersTimeout: 3_000, maxHeaderSize: 8 * 1024 };
  return createServer(settings, (request, response) => {
    if (request.method === 'GET' || request.method === 'HEAD') {
      answer(response, request.url?.split('?')[0] ?? '');
      return;
    }
    response.setHeader('Allow', 'GET, HEAD');
    json(response, 405, { status: 'method' });
  });
}
