import { join, resolve } from 'node:path';
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
import { topicNames, topicSpecs } from '@landed/schemas/topics';
import type { TopicNames, TopicSpec } from '@landed/schemas/topics';
import type { KafkaConfig } from 'kafkajs';
import { z } from 'zod';
import { SCORE_STEP } from './core/change.ts';
import { parseFailpoint } from './task/failpoint.ts';
import type { Failpoint } from './task/failpoint.ts';
import { loadWarehouseSettings, warehouseShape } from './warehouse/config.ts';

export const ROLES = ['score', 'warehouse'] as const;
export type RoleName = (typeof ROLES)[number];

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export type Config = {
  readonly roles: readonly RoleName[];
  readonly kafka: KafkaConfig;
  readonly prefix: string;
  readonly topics: TopicNames;
  readonly topicSpecs: readonly TopicSpec[];
  readonly partitions: number;
  readonly registry: RegistryOptions;
  /** Empty: plain storage, asked for by name. */
  readonly sealKeys: readonly SealKey[];
  readonly hashKey: Buffer;
  readonly stateDir: string;
  readonly scoreStep: number;
  /** Pause between two commits of a partition that has caught up. */
  readonly commitPaceMs: number;
  readonly opsHost: string;
  readonly opsPort: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** For tests that kill between two steps of a checkpoint. */
  readonly failpoint: Failpoint | null;
  /** From SIGTERM to the end of the process. */
  readonly stopMs: number;
};

const roleList = z
  .string()
  .default(ROLES.join(','))
  .transform((text, context) => {
    const names = [...new Set(text.split(',').map((name) => name.trim()))].filter(Boolean);
    const unknown = names.filter((name) => !ROLES.some((role) => role === name));
    if (unknown.length > 0 || names.length === 0) {
      context.addIssue({ code: 'custom', message: `must be of ${ROLES.join(', ')}` });
    }
    return names as RoleName[];
  });

const shape = {
  ...kafkaShape,
  ...registryShape,
  ...privacyShape,
  PROCESSOR_ROLES: roleList,
  PROCESSOR_OPS_HOST: z.string().default('127.0.0.1'),
  PROCESSOR_OPS_PORT: wholeNumber(9102, 0, 65_535),
  PROCESSOR_STATE_DIR: z.string().default('.landed/processor'),
  PROCESSOR_LOG_LEVEL: z
    .enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` })
    .default('info'),
  PROCESSOR_COMMIT_PACE_MS: wholeNumber(200, 0, 10_000),
  PROCESSOR_STOP_MS: wholeNumber(20_000, 1_000, 300_000),
  SCORE_STEP: wholeNumber(SCORE_STEP, 1, 100),
};

const secrets = [...kafkaSecrets, ...registrySecrets, ...privacySecrets] as const;

/** Names of all settings, for the check of `.env.example` and of the compose file. */
export const settingNames: readonly string[] = [
  ...Object.keys(shape),
  ...Object.keys(warehouseShape),
  ...secrets.map((name) => `${name}_FILE`),
];

/** Runs a step that may find problems with settings, and collects them. */
function attempt<T>(problems: Set<string>, name: string, step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    if (error instanceof SettingsError) for (const problem of error.problems) problems.add(problem);
    else problems.add(`${name}: ${error instanceof Error ? error.message : 'is not usable'}`);
    return undefined;
  }
}

/**
 * Reads and checks every setting, those of the roles asked for too. Depends on nothing but its
 * argument and the files it names.
 *
 * @throws SettingsError listing every problem at once, no secret in it
 */
export function loadConfig(env: Environment): Config {
  const problems = new Set<string>();
  const settings = attempt(problems, 'settings', () => readSettings(env, shape, secrets));
  const sealKeys = attempt(problems, 'LANDED_SEAL_KEYS', () =>
    sealKeysOf(settings ?? readSettings(env, storageShape, ['LANDED_SEAL_KEYS'])),
  );
  const kafka =
    settings && attempt(problems, 'KAFKA_TLS', () => kafkaOptions(settings, 'landed-processor'));
  if (settings?.PROCESSOR_ROLES.includes('warehouse') ?? true) {
    attempt(problems, 'CLICKHOUSE_URL', () => loadWarehouseSettings(env));
  }
  if (problems.size > 0 || !settings || !sealKeys || !kafka) throw new SettingsError([...problems]);
  const { KAFKA_TOPIC_PREFIX: prefix, TOPIC_PARTITIONS: partitions } = settings;
  return {
    roles: settings.PROCESSOR_ROLES,
    kafka,
    prefix,
    topics: topicNames(prefix),
    topicSpecs: topicSpecs({ prefix, partitions, replication: settings.TOPIC_REPLICATION }),
    partitions,
    registry: {
      url: settings.SCHEMA_REGISTRY_URL,
      prefix,
      user: settings.SCHEMA_REGISTRY_USER,
      password: settings.SCHEMA_REGISTRY_PASSWORD,
      cacheFile: join(settings.PROCESSOR_STATE_DIR, 'schema-ids.json'),
    },
    sealKeys,
    hashKey: settings.LANDED_HASH_KEY,
    stateDir: resolve(settings.PROCESSOR_STATE_DIR),
    scoreStep: settings.SCORE_STEP,
    commitPaceMs: settings.PROCESSOR_COMMIT_PACE_MS,
    opsHost: settings.PROCESSOR_OPS_HOST,
    opsPort: settings.PROCESSOR_OPS_PORT,
    logLevel: settings.PROCESSOR_LOG_LEVEL,
    failpoint: parseFailpoint(env['LANDED_FAILPOINT'] ?? ''),
    stopMs: settings.PROCESSOR_STOP_MS,
  };
}
