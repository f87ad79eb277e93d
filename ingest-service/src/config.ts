import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { kafkaOptions } from '@landed/schemas/kafka';
import type { RegistryOptions } from '@landed/schemas/registry';
import type { SealKey } from '@landed/schemas/seal';
import {
  SettingsError,
  kafkaSecrets,
  kafkaShape,
  oneOf,
  privacySecrets,
  privacyShape,
  readSettings,
  registrySecrets,
  registryShape,
  sealKeysOf,
  storageShape,
  wholeNumber,
} from '@landed/schemas/settings';
import type { Environment } from '@landed/schemas/settings';
import type { KafkaConfig } from 'kafkajs';
import { z } from 'zod';
import { accessConfig, accessProblems, accessSecrets, accessShape } from './access-config.ts';
import type { AccessConfig } from './access-config.ts';
import { readCertificate } from './certificate.ts';
import type { CertificateFiles } from './certificate.ts';
import { MIB, fixedLimits } from './limits.ts';
import type { Limits } from './limits.ts';
import { LOG_LEVELS } from './log.ts';
import type { LogLevel } from './log.ts';

export type Config = {
  readonly host: string;
  readonly port: number;
  /** Several processes may listen on the port; the kernel shares connections out among them. */
  readonly isPortShared: boolean;
  readonly tls: CertificateFiles | null;
  /** How often the certificate files are looked at. */
  readonly tlsReloadMs: number;
  /** How often files of secrets are looked at for changes. */
  readonly secretsReloadMs: number;
  readonly keepAliveMs: number;
  readonly opsHost: string;
  readonly opsPort: number;
  readonly logLevel: LogLevel;
  readonly access: AccessConfig;
  readonly limits: Limits;
  readonly drainMs: number;
  readonly kafka: KafkaConfig;
  readonly topics: {
    readonly prefix: string;
    readonly partitions: number;
    readonly replication: number;
  };
  readonly registry: RegistryOptions;
  /** Empty: plain storage, asked for by name. */
  readonly sealKeys: readonly SealKey[];
  readonly hashKey: Buffer;
};

const shape = {
  ...kafkaShape,
  ...registryShape,
  ...privacyShape,
  ...accessShape,
  INGEST_HOST: z.string().default('127.0.0.1'),
  INGEST_PORT: wholeNumber(8080, 0, 65_535),
  INGEST_SHARED_PORT: oneOf(['off', 'on'], 'off'),
  INGEST_OPS_HOST: z.string().default('127.0.0.1'),
  INGEST_OPS_PORT: wholeNumber(9101, 0, 65_535),
  INGEST_STATE_DIR: z.string().default('.landed/ingest'),
  INGEST_LOG_LEVEL: oneOf(LOG_LEVELS, 'info'),
  INGEST_TLS_CERT_FILE: z.string().optional(),
  INGEST_TLS_KEY_FILE: z.string().optional(),
  INGEST_TLS_RELOAD_SECONDS: wholeNumber(10, 1, 3600),
  INGEST_SECRETS_RELOAD_SECONDS: wholeNumber(5, 1, 3600),
  INGEST_KEEP_ALIVE_SECONDS: wholeNumber(120, 1, 3600),
  INGEST_CONNECTIONS_MAX: wholeNumber(2000, 1, 100_000),
  INGEST_CONNECTIONS_PER_ADDRESS_MAX: wholeNumber(0, 0, 100_000),
  INGEST_DEADLINE_MS: wholeNumber(3000, 500, 3500),
  INGEST_DRAIN_MS: wholeNumber(5000, 0, 60_000),
  INGEST_BATCH_WAIT_MS: wholeNumber(4, 0, 50),
  INGEST_PENDING_RECORDS_MAX: wholeNumber(2000, 1, 100_000),
  INGEST_PENDING_BYTES_MAX: wholeNumber(64 * MIB, 2 * MIB, 1024 * MIB),
};

type Settings = z.output<z.ZodObject<typeof shape>>;

const secrets = [...kafkaSecrets, ...registrySecrets, ...privacySecrets, ...accessSecrets] as const;

/** Names of all settings, for the check of `.env.example` and of the compose file. */
export const settingNames: readonly string[] = [
  ...Object.keys(shape),
  ...secrets.map((name) => `${name}_FILE`),
];

/** Settings that only make sense together. */
function combinationProblems(env: Environment): string[] {
  const problems = accessProblems(env);
  // An empty text counts as not set.
  if (!env['INGEST_TLS_CERT_FILE'] !== !env['INGEST_TLS_KEY_FILE']) {
    problems.push('INGEST_TLS_CERT_FILE and INGEST_TLS_KEY_FILE: set both or neither');
  }
  return problems;
}

/** Runs a step that may find problems, and collects them. Other errors pass as a problem too. */
function attempt<T>(problems: Set<string>, name: string, step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    if (error instanceof SettingsError) for (const problem of error.problems) problems.add(problem);
    else problems.add(`${name}: ${error instanceof Error ? error.message : 'is not usable'}`);
    return undefined;
  }
}

function limitsOf(settings: Settings): Limits {
  const deadlineMs = settings.INGEST_DEADLINE_MS;
  return {
    ...fixedLimits,
    deadlineMs,
    stuckMs: deadlineMs,
    connectionsMax: settings.INGEST_CONNECTIONS_MAX,
    connectionsPerAddressMax: settings.INGEST_CONNECTIONS_PER_ADDRESS_MAX,
    batchWaitMs: settings.INGEST_BATCH_WAIT_MS,
    inflightRequestsMax: settings.INGEST_PENDING_RECORDS_MAX,
    inflightBytesMax: settings.INGEST_PENDING_BYTES_MAX,
    pendingRecordsMax: settings.INGEST_PENDING_RECORDS_MAX,
    pendingBytesMax: settings.INGEST_PENDING_BYTES_MAX,
  };
}

function registryOptions(settings: Settings): RegistryOptions {
  return {
    url: settings.SCHEMA_REGISTRY_URL,
    prefix: settings.KAFKA_TOPIC_PREFIX,
    user: settings.SCHEMA_REGISTRY_USER,
    password: settings.SCHEMA_REGISTRY_PASSWORD,
    cacheFile: join(settings.INGEST_STATE_DIR, 'schema-ids.json'),
  };
}

/** Throws when the folder cannot be made or written to. Makes nothing. */
function checkWritable(dir: string): void {
  let existing = resolve(dir);
  while (!existsSync(existing) && existing !== dirname(existing)) existing = dirname(existing);
  if (!statSync(existing).isDirectory()) throw new Error(`${existing} is no folder`);
  accessSync(existing, constants.W_OK);
}

function certificateFiles(settings: Settings): CertificateFiles | null {
  const { INGEST_TLS_CERT_FILE: certFile, INGEST_TLS_KEY_FILE: keyFile } = settings;
  if (certFile === undefined || keyFile === undefined) return null;
  const files = { certFile, keyFile };
  readCertificate(files);
  return files;
}

/**
 * Reads and checks every setting. Depends on nothing but its arguments and the files it names.
 *
 * @param now ms: keys have their time
 * @throws SettingsError listing every problem at once, no secret in it
 */
export function loadConfig(env: Environment, now: number = Date.now()): Config {
  const problems = new Set(combinationProblems(env));
  const settings = attempt(problems, 'settings', () => readSettings(env, shape, secrets));
  const sealKeys = attempt(problems, 'LANDED_SEAL_KEYS', () =>
    sealKeysOf(settings ?? readSettings(env, storageShape, ['LANDED_SEAL_KEYS'])),
  );
  if (!settings || !sealKeys) throw new SettingsError([...problems]);
  const access = attempt(problems, 'INGEST_RANGES_FILE', () => accessConfig(settings, now));
  const kafka = attempt(problems, 'KAFKA_TLS', () => kafkaOptions(settings, 'landed-ingest'));
  const tls = attempt(problems, 'INGEST_TLS_CERT_FILE', () => certificateFiles(settings));
  attempt(problems, 'INGEST_STATE_DIR', () => checkWritable(settings.INGEST_STATE_DIR));
  if (problems.size > 0 || !access || !kafka || tls === undefined)
    throw new SettingsError([...problems]);
  return {
    host: settings.INGEST_HOST,
    port: settings.INGEST_PORT,
    isPortShared: settings.INGEST_SHARED_PORT === 'on',
    tls,
    tlsReloadMs: settings.INGEST_TLS_RELOAD_SECONDS * 1000,
    secretsReloadMs: settings.INGEST_SECRETS_RELOAD_SECONDS * 1000,
    keepAliveMs: settings.INGEST_KEEP_ALIVE_SECONDS * 1000,
    opsHost: settings.INGEST_OPS_HOST,
    opsPort: settings.INGEST_OPS_PORT,
    logLevel: settings.INGEST_LOG_LEVEL,
    access,
    limits: limitsOf(settings),
    drainMs: settings.INGEST_DRAIN_MS,
    kafka,
    topics: {
      prefix: settings.KAFKA_TOPIC_PREFIX,
      partitions: settings.TOPIC_PARTITIONS,
      replication: settings.TOPIC_REPLICATION,
    },
    registry: registryOptions(settings),
    sealKeys,
    hashKey: settings.LANDED_HASH_KEY,
  };
}
