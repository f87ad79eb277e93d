import type { BlockList } from 'node:net';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { kafkaOptions } from '@landed/schemas/kafka';
import type { RegistryOptions } from '@landed/schemas/registry';
import type { SealKey } from '@landed/schemas/seal';
import {
  SettingsError,
  kafkaSecrets,
  kafkaShape,
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
import { parseCidrs } from './allowlist.ts';
import type { AllowlistMode } from './allowlist.ts';
import { readCertificate } from './certificate.ts';
import type { CertificateFiles } from './certificate.ts';
import { MIB, fixedLimits } from './limits.ts';
import type { Limits } from './limits.ts';
import { LOG_LEVELS } from './log.ts';
import type { LogLevel } from './log.ts';
import { parseWorkspaceSecrets } from './signing-keys.ts';
import type { WorkspaceSecrets } from './signing-keys.ts';
import type { SecretPlace } from './temporary-control.ts';
import type { TimestampPolicy } from './verify.ts';

/** What decides who may call, and how it is proved. Read again on SIGHUP. */
export type AccessConfig = {
  readonly signingKeys: WorkspaceSecrets;
  /** Empty unless the temporary control is asked for. */
  readonly temporarySecrets: WorkspaceSecrets;
  readonly temporaryPlace: SecretPlace | null;
  readonly timestampPolicy: TimestampPolicy;
  readonly allowlistMode: AllowlistMode;
  readonly networks: BlockList;
  readonly trustedProxies: BlockList;
};

export type Config = {
  readonly host: string;
  readonly port: number;
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

const oneOf = <const T extends readonly [string, ...string[]]>(words: T, fallback: T[number]) =>
  z.enum(words, { error: `must be one of ${words.join(', ')}` }).default(fallback);

const cidrs = z
  .string()
  .default('')
  .transform((text, context) => {
    const entries = text.split(',').map((entry) => entry.trim());
    const { list, malformed } = parseCidrs(entries.filter((entry) => entry !== ''));
    for (const entry of malformed) {
      context.addIssue({ code: 'custom', message: `"${entry}" is no address or network` });
    }
    return list;
  });

const workspaceSecrets = z.string().transform(parseWorkspaceSecrets).optional();

const shape = {
  ...kafkaShape,
  ...registryShape,
  ...privacyShape,
  INGEST_HOST: z.string().default('127.0.0.1'),
  INGEST_PORT: wholeNumber(8080, 0, 65_535),
  INGEST_OPS_HOST: z.string().default('127.0.0.1'),
  INGEST_OPS_PORT: wholeNumber(9101, 0, 65_535),
  INGEST_STATE_DIR: z.string().default('.landed/ingest'),
  INGEST_LOG_LEVEL: oneOf(LOG_LEVELS, 'info'),
  INGEST_TLS_CERT_FILE: z.string().optional(),
  INGEST_TLS_KEY_FILE: z.string().optional(),
  INGEST_TLS_RELOAD_SECONDS: wholeNumber(10, 1, 3600),
  INGEST_SECRETS_RELOAD_SECONDS: wholeNumber(5, 1, 3600),
  INGEST_KEEP_ALIVE_SECONDS: wholeNumber(75, 1, 3600),
  INGEST_CONNECTIONS_MAX: wholeNumber(2000, 1, 100_000),
  INGEST_CONNECTIONS_PER_ADDRESS_MAX: wholeNumber(0, 0, 100_000),
  INGEST_DEADLINE_MS: wholeNumber(3000, 500, 3500),
  INGEST_DRAIN_MS: wholeNumber(5000, 0, 60_000),
  INGEST_BATCH_WAIT_MS: wholeNumber(5, 0, 50),
  INGEST_PENDING_RECORDS_MAX: wholeNumber(2000, 1, 100_000),
  INGEST_PENDING_BYTES_MAX: wholeNumber(64 * MIB, 2 * MIB, 1024 * MIB),
  INGEST_TIMESTAMP_POLICY: oneOf(['flag', 'enforce'], 'flag'),
  INGEST_TIMESTAMP_TOLERANCE_SECONDS: wholeNumber(300, 1, 604_800),
  INGEST_ALLOWLIST_MODE: oneOf(['off', 'log', 'enforce'], 'off'),
  INGEST_ALLOWLIST: cidrs,
  INGEST_TRUSTED_PROXIES: cidrs,
  INGEST_TEMPORARY_CONTROL: oneOf(['off', 'header', 'path'], 'off'),
  CUSTOMERIO_SIGNING_KEYS: workspaceSecrets,
  CUSTOMERIO_TEMPORARY_SECRETS: workspaceSecrets,
};

type Settings = z.output<z.ZodObject<typeof shape>>;

const secrets = [
  ...kafkaSecrets,
  ...registrySecrets,
  ...privacySecrets,
  'CUSTOMERIO_SIGNING_KEYS',
  'CUSTOMERIO_TEMPORARY_SECRETS',
] as const;

/** Names of all settings, for the check of `.env.example` and of the compose file. */
export const settingNames: readonly string[] = [
  ...Object.keys(shape),
  ...secrets.map((name) => `${name}_FILE`),
];

/** Settings that only make sense together. */
function combinationProblems(env: Environment): string[] {
  // An empty text counts as not set.
  const isSet = (name: string): boolean => [name, `${name}_FILE`].some((each) => env[each]);
  const isOff = (name: string): boolean => [undefined, '', 'off'].includes(env[name]);
  const isControlled = !isOff('INGEST_TEMPORARY_CONTROL');
  const isListing = !isOff('INGEST_ALLOWLIST_MODE');
  const problems: string[] = [];
  if (!isSet('CUSTOMERIO_SIGNING_KEYS') && !isControlled) {
    problems.push('CUSTOMERIO_SIGNING_KEYS: must be set (workspace:key[,key];…) (not set)');
  }
  if (isControlled && !isSet('CUSTOMERIO_TEMPORARY_SECRETS')) {
    problems.push(
      'CUSTOMERIO_TEMPORARY_SECRETS: must be set with INGEST_TEMPORARY_CONTROL (not set)',
    );
  }
  if (!isControlled && isSet('CUSTOMERIO_TEMPORARY_SECRETS')) {
    problems.push('CUSTOMERIO_TEMPORARY_SECRETS: is set, but INGEST_TEMPORARY_CONTROL is off');
  }
  if (isListing && !isSet('INGEST_ALLOWLIST')) {
    problems.push('INGEST_ALLOWLIST: must be set unless INGEST_ALLOWLIST_MODE is off (not set)');
  }
  if (isSet('INGEST_TLS_CERT_FILE') !== isSet('INGEST_TLS_KEY_FILE')) {
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

function accessConfig(settings: Settings): AccessConfig {
  const place = settings.INGEST_TEMPORARY_CONTROL;
  return {
    signingKeys: settings.CUSTOMERIO_SIGNING_KEYS ?? new Map(),
    temporarySecrets: settings.CUSTOMERIO_TEMPORARY_SECRETS ?? new Map(),
    temporaryPlace: place === 'off' ? null : place,
    timestampPolicy: {
      mode: settings.INGEST_TIMESTAMP_POLICY,
      toleranceSeconds: settings.INGEST_TIMESTAMP_TOLERANCE_SECONDS,
    },
    allowlistMode: settings.INGEST_ALLOWLIST_MODE,
    networks: settings.INGEST_ALLOWLIST,
    trustedProxies: settings.INGEST_TRUSTED_PROXIES,
  };
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
 * Reads and checks every setting. Depends on nothing but its argument and the files it names.
 *
 * @throws SettingsError listing every problem at once, no secret in it
 */
export function loadConfig(env: Environment): Config {
  const problems = new Set(combinationProblems(env));
  const settings = attempt(problems, 'settings', () => readSettings(env, shape, secrets));
  const sealKeys = attempt(problems, 'LANDED_SEAL_KEYS', () =>
    sealKeysOf(settings ?? readSettings(env, storageShape, ['LANDED_SEAL_KEYS'])),
  );
  if (!settings || !sealKeys) throw new SettingsError([...problems]);
  const kafka = attempt(problems, 'KAFKA_TLS', () => kafkaOptions(settings, 'landed-ingest'));
  const tls = attempt(problems, 'INGEST_TLS_CERT_FILE', () => certificateFiles(settings));
  attempt(problems, 'INGEST_STATE_DIR', () => checkWritable(settings.INGEST_STATE_DIR));
  if (problems.size > 0 || !kafka || tls === undefined) throw new SettingsError([...problems]);
  return {
    host: settings.INGEST_HOST,
    port: settings.INGEST_PORT,
    tls,
    tlsReloadMs: settings.INGEST_TLS_RELOAD_SECONDS * 1000,
    secretsReloadMs: settings.INGEST_SECRETS_RELOAD_SECONDS * 1000,
    keepAliveMs: settings.INGEST_KEEP_ALIVE_SECONDS * 1000,
    opsHost: settings.INGEST_OPS_HOST,
    opsPort: settings.INGEST_OPS_PORT,
    logLevel: settings.INGEST_LOG_LEVEL,
    access: accessConfig(settings),
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
