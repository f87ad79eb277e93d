import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { RECORD_NAMES, avroSchemaText } from './avro.ts';
import type { RecordName } from './avro.ts';
import { OperationError } from './fate.ts';
import { topicSpecs } from './topics.ts';

/** Path of the Confluent-compatible API on an Apicurio server, tried when the bare URL has none. */
const COMPATIBLE_PATH = '/apis/ccompat/v7';

export type RegistryOptions = {
  /** Server or API URL: `http://host:port`, or with the path of its Confluent-compatible API. */
  readonly url: string;
  readonly prefix?: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Deadline of each call, ms. */
  readonly timeoutMs?: number;
  /** File that remembers schema ids, so that a service starts while the registry is away. */
  readonly cacheFile?: string;
};

export type SchemaIds = Readonly<Record<RecordName, number>>;

export type Registry = {
  /** Registers every schema under FULL_TRANSITIVE. Rejects when one is incompatible. Done at deploy. */
  readonly register: () => Promise<SchemaIds>;
  /** Ids of our schemas: from the cache file when it fits, else from the registry. */
  readonly schemaIds: () => Promise<SchemaIds>;
  /** Schema text of an id. Rejects with a retriable OperationError when unknown or unreachable. */
  readonly fetchSchema: (id: number) => Promise<string>;
};

/** Registry subject of a record: the topic's name with `-value`. */
export function subjectOf(name: RecordName, prefix = ''): string {
  const specs = topicSpecs({ prefix, partitions: 1, replication: 1 });
  const spec = specs.find((candidate) => candidate.record === name);
  if (!spec) throw new OperationError(`no topic holds ${name}`, { retriable: false });
  return `${spec.name}-value`;
}

async function within<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new OperationError(`${what}: no answer in ${timeoutMs} ms`, { retriable: true }));
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** What the registry client returns for an Avro schema: a type of its own avsc. */
type AvscType = { readonly schema: (options: { exportAttrs: boolean }) => unknown };

type Answer = { readonly status: number };

async function apiUrl(options: RegistryOptions, timeoutMs: number): Promise<string> {
  const base = options.url.replace(/\/+$/, '');
  const headers: Record<string, string> =
    options.user === undefined
      ? {}
      : {
          authorization: `Basic ${Buffer.from(`${options.user}:${options.password ?? ''}`).toString('base64')}`,
        };
  for (const candidate of [base, base + COMPATIBLE_PATH]) {
    const answer: Answer = await fetch(`${candidate}/subjects`, {
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((cause: unknown) => {
      throw new OperationError(`schema registry at ${base} is not reachable`, {
        retriable: true,
        cause,
      });
    });
    if (answer.status === 200) return candidate;
  }
  throw new OperationError(`no Confluent-compatible API at ${base}`, { retriable: true });
}

function fingerprintOf(options: RegistryOptions): string {
  const hash = createHash('sha256').update(`${options.url}\n${options.prefix ?? ''}\n`);
  for (const name of RECORD_NAMES) hash.update(avroSchemaText(name));
  return hash.digest('hex');
}

function readCache(options: RegistryOptions): SchemaIds | null {
  if (options.cacheFile === undefined) return null;
  try {
    const cached = JSON.parse(readFileSync(options.cacheFile, 'utf8')) as {
      fingerprint: string;
      ids: SchemaIds;
    };
    return cached.fingerprint === fingerprintOf(options) ? cached.ids : null;
  } catch {
    // No cache yet, or half a file of an older version: the registry is asked instead.
    return null;
  }
}

function writeCache(options: RegistryOptions, ids: SchemaIds): void {
  if (options.cacheFile === undefined) return;
  mkdirSync(dirname(options.cacheFile), { recursive: true });
  const fresh = `${options.cacheFile}.${process.pid}`;
  writeFileSync(fresh, JSON.stringify({ fingerprint: fingerprintOf(options), ids }));
  renameSync(fresh, options.cacheFile);
}

/** A schema registry that speaks Confluent's API: Confluent's own, Apicurio, Karapace. */
export function createRegistry(options: RegistryOptions): Registry {
  const timeoutMs = options.timeoutMs ?? 5_000;
  let client: SchemaRegistry | undefined;

  const connect = async (): Promise<SchemaRegistry> => {
    client ??= new SchemaRegistry({
      host: await apiUrl(options, timeoutMs),
      ...(options.user === undefined
        ? {}
        : { auth: { username: options.user, password: options.password ?? '' } }),
      retry: {
        maxRetryTimeInSecs: 1,
        initialRetryTimeInSecs: 0.1,
        factor: 0.2,
        multiplier: 2,
        retries: 2,
      },
    });
    return client;
  };

  const idsBy = async (
    find: (registry: SchemaRegistry, name: RecordName) => Promise<number>,
  ): Promise<SchemaIds> => {
    const registry = await connect();
    const ids: Partial<Record<RecordName, number>> = {};
    for (const name of RECORD_NAMES) {
      ids[name] = await within(find(registry, name), timeoutMs, `schema registry, ${name}`);
    }
    writeCache(options, ids as SchemaIds);
    return ids as SchemaIds;
  };

  return {
    register: async () =>
      idsBy(async (registry, name) => {
        const schema = { type: SchemaType.AVRO, schema: avroSchemaText(name) } as const;
        const subject = subjectOf(name, options.prefix);
        const compatibility = COMPATIBILITY.FULL_TRANSITIVE;
        return (await registry.register(schema, { subject, compatibility })).id;
      }),
    schemaIds: async () =>
      readCache(options) ??
      idsBy(async (registry, name) => {
        const schema = { type: SchemaType.AVRO, schema: avroSchemaText(name) } as const;
        return registry.getRegistryIdBySchema(subjectOf(name, options.prefix), schema);
      }).catch((cause: unknown) => {
        if (cause instanceof OperationError) throw cause;
        throw new OperationError('schemas are not registered (yet)', { retriable: true, cause });
      }),
    fetchSchema: async (id) => {
      try {
        const registry = await connect();
        const schema = await within(registry.getSchema(id), timeoutMs, `schema ${id}`);
        return JSON.stringify((schema as unknown as AvscType).schema({ exportAttrs: true }));
      } catch (cause) {
        if (cause instanceof OperationError) throw cause;
        throw new OperationError(`schema ${id} is not known to the registry`, {
          retriable: true,
          cause,
        });
      }
    },
  };
}
