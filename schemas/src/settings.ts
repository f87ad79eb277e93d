import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { SealKey } from './seal.ts';

/** Environment as given: names to texts. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Every problem with the settings, at once. Never holds a secret's value. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`settings are not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

/** What a text looks like, without showing it. */
function shapeOf(text: string | undefined): string {
  if (text === undefined) return 'not set';
  return `${text.length} characters`;
}

function readSecretFile(env: Environment, name: string, problems: string[]): string | undefined {
  const path = env[`${name}_FILE`];
  if (path === undefined || path === '') return undefined;
  if (env[name] !== undefined && env[name] !== '') {
    problems.push(`${name} and ${name}_FILE are both set: keep one`);
  }
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    problems.push(
      `${name}_FILE: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
    );
    return undefined;
  }
}

/**
 * Reads settings from the environment against a zod shape keyed by variable name. An empty text
 * counts as not set. Names in `secrets` may also be given as `<name>_FILE`, a path.
 *
 * @throws SettingsError listing every problem
 */
export function readSettings<S extends z.ZodRawShape>(
  env: Environment,
  shape: S,
  secrets: readonly (keyof S & string)[] = [],
): z.output<z.ZodObject<S>> {
  const problems: string[] = [];
  const given: Record<string, string> = {};
  for (const name of Object.keys(shape)) {
    const text = env[name];
    if (text !== undefined && text !== '') given[name] = text;
    if (secrets.includes(name)) {
      const fromFile = readSecretFile(env, name, problems);
      if (fromFile !== undefined && fromFile !== '') given[name] = fromFile;
    }
  }
  const parsed = z.object(shape).safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0] ?? '');
      problems.push(`${name}: ${issue.message} (${shapeOf(given[name])})`);
    }
  }
  if (!parsed.success || problems.length > 0) throw new SettingsError(problems);
  return parsed.data;
}

const bool = (fallback: boolean) =>
  z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default(fallback ? 'true' : 'false')
    .transform((text) => text === 'true');

/** A whole number within bounds, written in digits. */
export const wholeNumber = (fallback: number, min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .default(String(fallback))
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be ${min} to ${max}`);

/** One of a few words. */
export const oneOf = <const T extends readonly [string, ...string[]]>(
  words: T,
  fallback: T[number],
) => z.enum(words, { error: `must be one of ${words.join(', ')}` }).default(fallback);

const commaList = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

const brokers = commaList
  .refine((list) => list.length > 0, 'must name at least one broker')
  .refine(
    (list) => list.every((part) => /^[^\s:]+:\d{1,5}$|^\[[^\]]+\]:\d{1,5}$/.test(part)),
    'must be host:port, separated by commas',
  );

const url = z
  .string()
  .refine((text) => /^https?:\/\/[^\s]+$/.test(text), 'must be an http or https URL');

/** Settings of the Kafka connection, shared by both services. */
export const kafkaShape = {
  KAFKA_BROKERS: brokers.default(['127.0.0.1:19092']),
  KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,60}$/, 'must be letters, digits, dots, dashes')
    .default(''),
  KAFKA_TLS: bool(false),
  KAFKA_TLS_CA: z.string().optional(),
  KAFKA_TLS_CERT: z.string().optional(),
  KAFKA_TLS_KEY: z.string().optional(),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'], {
      error: 'must be plain, scram-sha-256 or scram-sha-512',
    })
    .optional(),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: z.string().optional(),
  TOPIC_PARTITIONS: wholeNumber(12, 1, 1000),
  TOPIC_REPLICATION: wholeNumber(1, 1, 10),
};
export const kafkaSecrets = [
  'KAFKA_SASL_USERNAME',
  'KAFKA_SASL_PASSWORD',
  'KAFKA_TLS_CA',
  'KAFKA_TLS_CERT',
  'KAFKA_TLS_KEY',
] as const;

/** Settings of the schema registry. */
export const registryShape = {
  SCHEMA_REGISTRY_URL: url.default('http://127.0.0.1:18081'),
  SCHEMA_REGISTRY_USER: z.string().optional(),
  SCHEMA_REGISTRY_PASSWORD: z.string().optional(),
};
export const registrySecrets = ['SCHEMA_REGISTRY_USER', 'SCHEMA_REGISTRY_PASSWORD'] as const;

const SEAL_KEY_BYTES = 32;

function parseSealKeys(text: string, context: z.RefinementCtx): SealKey[] {
  const keys: SealKey[] = [];
  for (const part of text.split(',')) {
    const [id = '', base64 = ''] = part.trim().split(/:(.*)/s);
    const key = Buffer.from(base64, 'base64');
    if (!/^[A-Za-z0-9._-]{1,32}$/.test(id)) {
      context.addIssue({
        code: 'custom',
        message: 'each key must be id:base64, id of letters and digits',
      });
    } else if (key.length !== SEAL_KEY_BYTES) {
      context.addIssue({
        code: 'custom',
        message: `key "${id}" must be 32 bytes in base64, has ${key.length}`,
      });
    } else if (keys.some((other) => other.id === id)) {
      context.addIssue({ code: 'custom', message: `key id "${id}" is used twice` });
    } else {
      keys.push({ id, key });
    }
  }
  return keys;
}

const HASH_KEY_CHARS_MIN = 32;

/** How bodies are stored: sealing keys (`id:base64[,…]`, the first seals), or plain by name. */
export const storageShape = {
  LANDED_SEAL_KEYS: z.string().transform(parseSealKeys).optional(),
  LANDED_STORAGE: z
    .enum(['sealed', 'plain'], { error: 'must be sealed or plain' })
    .default('sealed'),
};

/** Settings for personal data: how bodies are stored, and the key addresses are hashed under. */
export const privacyShape = {
  ...storageShape,
  LANDED_HASH_KEY: z
    .string({ error: 'must be set: the key addresses are hashed under' })
    .refine((text) => text.trim() === text, 'must not begin or end with white space')
    .refine(
      (text) => text.length >= HASH_KEY_CHARS_MIN,
      `must have at least ${HASH_KEY_CHARS_MIN} characters`,
    )
    .transform((text) => Buffer.from(text)),
};
export const privacySecrets = ['LANDED_SEAL_KEYS', 'LANDED_HASH_KEY'] as const;

/**
 * The sealing keys to use; an empty list means plain storage, which must be asked for by name.
 *
 * @throws SettingsError when neither keys nor LANDED_STORAGE=plain are given
 */
export function sealKeysOf(settings: {
  readonly LANDED_SEAL_KEYS?: readonly SealKey[] | undefined;
  readonly LANDED_STORAGE: 'sealed' | 'plain';
}): readonly SealKey[] {
  if (settings.LANDED_STORAGE === 'plain') return [];
  if (settings.LANDED_SEAL_KEYS === undefined || settings.LANDED_SEAL_KEYS.length === 0) {
    throw new SettingsError([
      'LANDED_SEAL_KEYS: must be set (id:base64 of 32 bytes), or LANDED_STORAGE=plain to store bodies unsealed (not set)',
    ]);
  }
  return settings.LANDED_SEAL_KEYS;
}
