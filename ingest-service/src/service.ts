import type { RequestListener, Server } from 'node:http';
import type { BlockList } from 'node:net';
import { createAddressHasher } from '@landed/schemas/address-hash';
import { listenWide } from './acceptors.ts';
import type { Listening } from './acceptors.ts';
import { createAccessInUse } from './access-in-use.ts';
import { createAdmission } from './admission.ts';
import { readCertificate, watchCertificate } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import type { AccessConfig } from './access-config.ts';
import type { Config } from './config.ts';
import { createConnections } from './connections.ts';
import { createDrain } from './drain.ts';
import { createFeed } from './feed.ts';
import { createListener } from './listener.ts';
import { createLimiter } from './log.ts';
import type { Logger } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import { createOpsServer } from './ops.ts';
import { createWebServer, listen } from './server.ts';
import { checkSharedPort } from './shared-port.ts';
import { watchPressure } from './shed.ts';
import { createStorage } from './storage.ts';
import type { Clients, Storage } from './storage.ts';

export type Service = {
  /**
   * Binds both ports; webhooks are answered 503 from here on. A shared port is bound once webhooks can
   * be stored: until then the others on it have them all. Rejects when a port is taken.
   */
  readonly bind: () => Promise<{ readonly port: number; readonly opsPort: number }>;
  /** True once webhooks can be stored, false when drained before. Rejects when they never will be. */
  readonly becomeAble: () => Promise<boolean>;
  /** Replaces keys, secrets and lists. */
  readonly reload: (access: AccessConfig) => void;
  /** Unready; a while of service; no new connections; what is under way; Kafka. */
  readonly drain: () => Promise<void>;
};

export type ServiceDeps = {
  readonly config: Config;
  readonly clients: Clients;
  readonly logger: Logger;
};

const QUIET_MS = 10_000;

/** Errors of a server that is bound are about single connections. */
function createComplaint(logger: Logger): (error: Error) => void {
  const limit = createLimiter(QUIET_MS);
  return (error) => {
    limit(error.name, () => logger.error({ error }, 'a connection was not accepted'));
  };
}

type CurrentCertificate = {
  readonly current: () => Certificate | null;
  readonly watch: (use: (certificate: Certificate) => void) => void;
  readonly stop: () => void;
};

/** The certificate in use, replaced when its files change. */
function createCertificate(config: Config, logger: Logger): CurrentCertificate {
  const { tls } = config;
  let current = tls && readCertificate(tls);
  let stop = (): void => undefined;
  return {
    current: () => current,
    watch: (use) => {
      if (tls === null) return;
      const take = (fresh: Certificate): void => {
        current = fresh;
        use(fresh);
      };
      stop = watchCertificate(tls, logger, take, config.tlsReloadMs);
    },
    stop: () => stop(),
  };
}

/** Binds the port of health checks and scrapes, then that of webhooks. */
async function bindBoth(
  config: Config,
  servers: { readonly web: Server; readonly ops: Server },
  storage: Storage,
  logger: Logger,
): Promise<{ readonly webhooks: Listening; readonly opsPort: number }> {
  const { host, port, opsHost, isPortShared: isShared } = config;
  const onError = createComplaint(logger);
  const opsPort = await listen(servers.ops, { host: opsHost, port: config.opsPort }, onError);
  if (isShared) {
    checkSharedPort(logger);
    if (!(await storage.becomeAble())) return { webhooks: { port, servers: [] }, opsPort };
  }
  return { webhooks: await listenWide(servers.web, { host, port, isShared }, onError), opsPort };
}

/** The webhook port, its connections capped, its certificate kept fresh. */
function createGuardedServer(deps: {
  readonly config: Config;
  readonly listener: RequestListener;
  readonly certificate: CurrentCertificate;
  readonly metrics: Metrics;
  readonly trustedProxies: () => BlockList;
}): Server {
  const { config, listener, certificate, metrics, trustedProxies } = deps;
  const { registry } = metrics;
  const connections = createConnections({ caps: config.limits, trustedProxies, registry });
  const web = createWebServer({
    listener: connections.guard(listener),
    certificate: certificate.current(),
    keepAliveMs: config.keepAliveMs,
    bodyBytesHardMax: config.limits.bodyBytesHardMax,
    onBrokenRequest: metrics.brokenRequest,
  });
  connections.watch(web.server);
  certificate.watch(web.useCertificate);
  return web.server;
}

/** The ingest service, whole: two servers, one way to Kafka. Holds no global state. */
export function createService({ config, clients, logger }: ServiceDeps): Service {
  const { limits, drainMs } = config;
  const metrics = createMetrics();
  const admission = createAdmission(limits);
  const shedding = watchPressure();
  const storage = createStorage(config, clients, metrics, logger);
  const certificate = createCertificate(config, logger);
  const access = createAccessInUse(config.access, metrics.registry, logger);
  let isDraining = false;
  let listening: Listening | null = null;

  const listener = createListener({
    access: access.current,
    admission,
    pressure: shedding.pressure,
    store: storage.store,
    hashAddress: createAddressHasher(config.hashKey).hash,
    isDraining: () => isDraining,
    limits,
    metrics,
    feed: createFeed({ registry: metrics.registry, now: Date.now }),
    logger: logger.child({ module: 'app' }),
    now: Date.now,
  });
  const server = createGuardedServer({
    config,
    listener,
    certificate,
    metrics,
    trustedProxies: () => access.current().trustedProxies,
  });
  const { isConnected } = storage;
  const isAble = (): boolean => storage.store() !== null;
  const ops = createOpsServer({
    metrics,
    readiness: () => ({ isReady: !isDraining, isAble: isAble(), isConnected: isConnected() }),
    logger,
  });
  metrics.watch({
    inflight: () => ({ requests: admission.requests(), bytes: admission.bytes() }),
    pending: storage.pending,
    isConnected,
    isShedding: () => shedding.pressure() !== null,
    temporaryWorkspaces: () => access.current().temporaryWorkspaces,
    certificateExpiresAt: () => certificate.current()?.expiresAt ?? null,
  });

  return {
    bind: async () => {
      access.announce();
      const bound = await bindBoth(config, { web: server, ops }, storage, logger);
      listening = bound.webhooks;
      return { port: listening.port, opsPort: bound.opsPort };
    },
    becomeAble: storage.becomeAble,
    reload: access.replace,
    drain: createDrain({
      server,
      acceptors: () => listening?.servers ?? [],
      ops,
      drainMs,
      begin: () => {
        isDraining = true;
        certificate.stop();
        shedding.stop();
        access.stop();
      },
      closeStorage: storage.close,
      logger,
    }),
  };
}
