import express from 'express';
import type { NextFunction, Request, Response } from 'express';
import { unavailable } from './answers.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Routes } from './routes.ts';

export type RestDeps = {
  readonly routes: () => Routes;
  readonly metrics: Pick<Metrics, 'misdirected'>;
  readonly logger: Logger;
};

/** Everything that is not a webhook: 405 with Allow on its paths, 404 elsewhere, 503 if that fails. */
export function createRest({ routes, metrics, logger }: RestDeps): express.Express {
  const rest = express();
  rest.disable('x-powered-by').disable('etag');
  rest.use((request: Request, response: Response) => {
    response.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
    if (request.method !== 'POST' && routes().find(request.url) !== null) {
      metrics.misdirected('method');
      response.status(405).set('Allow', 'POST').json({ status: 'refused', reason: 'method' });
      return;
    }
    metrics.misdirected('not_found');
    response.status(404).json({ status: 'refused', reason: 'not_found' });
  });
  rest.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    logger.error({ error }, 'an answer failed unexpectedly');
    const { status, headers, body } = unavailable('unexpected');
    if (response.headersSent) next(error);
    else response.writeHead(status, [...headers]).end(body);
  });
  return rest;
}
