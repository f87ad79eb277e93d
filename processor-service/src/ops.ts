import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';

export type OpsDeps = {
  readonly metrics: Registry;
  /** Each role by name, and whether it is at work. Empty while starting. */
  readonly roles: () => Readonly<Record<string, boolean>>;
  readonly isDraining: () => boolean;
};

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(body);
}

const json = (response: ServerResponse, status: number, content: object): void =>
  answer(response, status, 'application/json', JSON.stringify(content));

/**
 * `/healthz`: the process turns (whatever the broker does). `/readyz`: every role is at work.
 * `/metrics`: for Prometheus.
 */
export function createOpsServer(deps: OpsDeps): Server {
  const scrape = async (response: ServerResponse): Promise<void> => {
    answer(response, 200, deps.metrics.contentType, await deps.metrics.metrics());
  };
  const options = { requestTimeout: 5_000, headersTimeout: 3_000, maxHeaderSize: 8 * 1024 };
  const ready = (response: ServerResponse): void => {
    const roles = deps.roles();
    const names = Object.keys(roles);
    const isReady = names.length > 0 && names.every((name) => roles[name] === true);
    const status = deps.isDraining() ? 'draining' : isReady ? 'ready' : 'starting';
    json(response, status === 'ready' ? 200 : 503, { status, roles });
  };
  return createServer(options, (request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      json(response, 405, { status: 'method' });
    } else if (path === '/healthz') {
      json(response, 200, { status: 'ok' });
    } else if (path === '/readyz') {
      ready(response);
    } else if (path === '/metrics') {
      scrape(response).catch(() => json(response, 500, { status: 'no metrics' }));
    } else {
      json(response, 404, { status: 'not_found' });
    }
  });
}
