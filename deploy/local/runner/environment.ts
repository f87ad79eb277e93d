import { join } from 'node:path';
import type { PortClaim } from '../stack/ports.ts';
import type { ProgramName } from '../stack/program.ts';
import { registryClientUrl } from '../stack/schema-registry.ts';
import { StackError } from '../stack/stack-error.ts';
import { defaultPorts, portClaims, portSettings, type StackPorts } from '../stack/stack-ports.ts';
import type { EmbeddedSecrets } from './secrets.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export const embeddedWorkspace = 'shop';

/** Settings of the services beside those of the stack, with the defaults of the services. */
const servicePorts = [
  { setting: 'INGEST_PORT', port: 8080, what: 'webhook endpoint' },
  { setting: 'INGEST_OPS_PORT', port: 9101, what: 'ingest health and metrics' },
  { setting: 'PROCESSOR_OPS_PORT', port: 9102, what: 'processor health and metrics' },
] as const;

const isSet = (env: Environment, name: string): boolean =>
  (env[name] ?? '') !== '' || (env[`${name}_FILE`] ?? '') !== '';

const portOf = (env: Environment, setting: string, fallback: number): number => {
  const text = env[setting] ?? '';
  if (text === '') return fallback;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new StackError(`${setting} must be a port, 1 to 65535, not "${text}".`);
};

/** The ports of the embedded stack, each moved by its own setting. */
export const stackPorts = (env: Environment): StackPorts => {
  const names = Object.keys(portSettings) as (keyof StackPorts)[];
  const ports = names.map((name) => [
    name,
    portOf(env, portSettings[name].setting, defaultPorts[name]),
  ]);
  return Object.fromEntries(ports) as StackPorts;
};

/** What has to run here: a server named in the environment is the user's own. */
export const embeddedPrograms = (env: Environment): ProgramName[] => {
  const own: readonly (readonly [ProgramName, string])[] = [
    ['kafka', 'KAFKA_BROKERS'],
    ['registry', 'SCHEMA_REGISTRY_URL'],
    ['clickhouse', 'CLICKHOUSE_URL'],
  ];
  return own.filter(([, setting]) => !isSet(env, setting)).map(([name]) => name);
};

/** Every port this run will listen on. @throws StackError when a setting is no port */
export const claimedPorts = (env: Environment): PortClaim[] => {
  const claims = servicePorts.map(({ setting, port, what }) => ({
    port: portOf(env, setting, port),
    what,
    setting,
  }));
  const all = [...portClaims(stackPorts(env), embeddedPrograms(env)), ...claims];
  const twice = all.find((one, index) => all.findIndex(({ port }) => port === one.port) < index);
  if (twice !== undefined) {
    throw new StackError(
      `Port ${twice.port} is asked for twice. Set ${twice.setting} to another one.`,
    );
  }
  return all;
};

/** Addresses of this run, for people and for the runner itself. */
export type Addresses = {
  readonly webhook: string;
  readonly ingestOps: string;
  readonly processorOps: string;
};

export const addressesOf = (env: Environment): Addresses => {
  const url = (setting: (typeof servicePorts)[number]['setting']): string => {
    const entry = servicePorts.find((each) => each.setting === setting);
    return `http://127.0.0.1:${portOf(env, setting, entry?.port ?? 0)}`;
  };
  return {
    webhook: url('INGEST_PORT'),
    ingestOps: url('INGEST_OPS_PORT'),
    processorOps: url('PROCESSOR_OPS_PORT'),
  };
};

/** What the embedded system adds to an environment. A secret given as `…_FILE` counts as set. */
export const embeddedSettings = (
  env: Environment,
  secrets: EmbeddedSecrets,
  dir: string,
): Record<string, string> => {
  const ports = stackPorts(env);
  const embedded: Record<string, string> = {
    KAFKA_BROKERS: `127.0.0.1:${ports.kafka}`,
    SCHEMA_REGISTRY_URL: registryClientUrl(ports.registry),
    CLICKHOUSE_URL: `http://127.0.0.1:${ports.clickhouse}`,
    CUSTOMERIO_SIGNING_KEYS: `${embeddedWorkspace}:${secrets.signingKey}`,
    LANDED_SEAL_KEYS: secrets.sealKey,
    LANDED_HASH_KEY: secrets.hashKey,
    PROCESSOR_ROLES: 'score,warehouse',
    // Nothing here balances load between instances, so nobody has to notice first.
    INGEST_DRAIN_MS: '0',
    INGEST_STATE_DIR: join(dir, 'ingest'),
    PROCESSOR_STATE_DIR: join(dir, 'processor'),
  };
  return Object.fromEntries(Object.entries(embedded).filter(([name]) => !isSet(env, name)));
};

/** The environment of the services: what is set wins, the rest is embedded. */
export const serviceEnvironment = (
  env: Environment,
  secrets: EmbeddedSecrets,
  dir: string,
): Record<string, string> => {
  const given = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(given), ...embeddedSettings(env, secrets, dir) };
};
