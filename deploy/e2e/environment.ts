import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { freePorts } from '../local/stack/ports.ts';

/** The servers a system runs on. */
export type Servers = {
  readonly kafkaBrokers: string;
  readonly registryUrl: string;
  readonly clickhouseUrl: string;
};

export type EnvironmentOptions = {
  /** Folder for the state of both services. */
  readonly dir: string;
  readonly servers: Servers;
  /** Before every topic, group and transactional id. */
  readonly prefix: string;
  readonly database: string;
  readonly workspace: string;
  readonly signingKey: string;
};

/**
 * The whole environment of both services and of the command line: free ports on loopback, fresh
 * secrets. Nothing is taken from the environment of this process but the way to programs.
 */
export async function systemEnvironment(
  options: EnvironmentOptions,
): Promise<Readonly<Record<string, string>>> {
  const { dir, servers, prefix, database, workspace, signingKey } = options;
  const [ingest = 0, ingestOps = 0, api = 0, processorOps = 0] = await freePorts(4);
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    KAFKA_BROKERS: servers.kafkaBrokers,
    KAFKA_TOPIC_PREFIX: prefix,
    SCHEMA_REGISTRY_URL: servers.registryUrl,
    CLICKHOUSE_URL: servers.clickhouseUrl,
    CLICKHOUSE_DATABASE: database,
    CUSTOMERIO_SIGNING_KEYS: `${workspace}:${signingKey}`,
    LANDED_SEAL_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    LANDED_HASH_KEY: randomBytes(32).toString('hex'),
    INGEST_HOST: '127.0.0.1',
    INGEST_PORT: String(ingest),
    INGEST_OPS_PORT: String(ingestOps),
    // Nothing stands in front that would have to notice a drain first.
    INGEST_DRAIN_MS: '100',
    INGEST_STATE_DIR: join(dir, 'ingest'),
    API_PORT: String(api),
    PROCESSOR_OPS_PORT: String(processorOps),
    PROCESSOR_STATE_DIR: join(dir, 'processor'),
    PROCESSOR_ROLES: 'score,warehouse',
  };
}
