import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createAddressHasher } from '@landed/schemas/address-hash';
import { createAccess } from '@landed/ingest-service/access';
import { createAdmission } from '@landed/ingest-service/admission';
import { createWebhookListener } from '@landed/ingest-service/app';
import type { AppDeps } from '@landed/ingest-service/app';
import { createClients } from '@landed/ingest-service/clients';
import type { Config } from '@landed/ingest-service/config';
import { createFeed } from '@landed/ingest-service/feed';
import { createListener } from '@landed/ingest-service/listener';
import { createLogger } from '@landed/ingest-service/log';
import { createMetrics } from '@landed/ingest-service/metrics';
import { createWebServer } from '@landed/ingest-service/server';
import { createStorage } from '@landed/ingest-service/storage';
import type { Clients, Storage } from '@landed/ingest-service/storage';
import express from 'express';

/**
 * `front`: the service as it is, the hot route before express. `express`: the same route as an
 * express route, with our own reader. `floor`: node:http reads the body and answers, nothing else.
 * `express-floor`: the same as express is commonly used, with its raw body parser.
 */
export const MOUNTS = ['front', 'express', 'floor', 'express-floor'] as const;
export type Mount = (typeof MOUNTS)[number];

/** Stands for a broker that acknowledges every batch after a millisecond. */
const memoryClients: Clients = {
  connect: () =>
    Promise.resolve({
      send: () =>
        new Promise((resolve) => {
          setTimeout(resolve, 1, 'stored' as const);
        }),
      close: () => Promise.resolve(),
    }),
  assertTopics: () => Promise.resolve(),
  rawSchemaId: () => Promise.resolve(1),
};

const floor: RequestListener = (request, response) => {
  request
    .on('data', () => undefined)
    .on('end', () => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 19 });
      response.end('{"status":"stored"}');
    });
};

function expressFloor(): RequestListener {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use(express.raw({ type: () => true, limit: '1mb', inflate: false }));
  app.post('/v1/webhooks/customerio/reporting', (_request, response) => {
    response.json({ status: 'stored' });
  });
  return app;
}

function throughExpress(deps: AppDeps): RequestListener {
  const webhook = createWebhookListener(deps);
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.post('/v1/webhooks/customerio/reporting', (request, response) => {
    const match = deps.access().routes.find(request.url);
    if (match) void webhook(request, response, match);
  });
  return app;
}

export type MountedServer = { readonly server: Server; readonly storage: Storage | null };

/**
 * The server under one mount, not listening yet.
 *
 * @param isInMemory without Kafka: batches are acknowledged by a timer
 */
export function mountServer(mount: Mount, config: Config, isInMemory: boolean): MountedServer {
  if (mount === 'floor') return { server: createServer(floor), storage: null };
  if (mount === 'express-floor') return { server: createServer(expressFloor()), storage: null };
  const logger = createLogger('warn');
  const metrics = createMetrics();
  const clients = isInMemory ? memoryClients : createClients(config, logger);
  const storage = createStorage(config, clients, metrics, logger);
  const access = createAccess(config.access);
  const deps = {
    access: () => access,
    admission: createAdmission(config.limits),
    pressure: () => null,
    store: storage.store,
    hashAddress: createAddressHasher(config.hashKey).hash,
    isDraining: () => false,
    limits: config.limits,
    metrics,
    feed: createFeed({ registry: metrics.registry, now: Date.now }),
    logger,
    now: Date.now,
  };
  const { server } = createWebServer({
    listener: mount === 'front' ? createListener(deps) : throughExpress(deps),
    certificate: null,
    keepAliveMs: config.keepAliveMs,
    bodyBytesHardMax: config.limits.bodyBytesHardMax,
    onBrokenRequest: metrics.brokenRequest,
  });
  return { server, storage };
}
