import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { quietKafkaTimers } from './stack/quiet-kafka.ts';
import { freeStackPorts } from './stack/stack-ports.ts';
import { startStack } from './stack/stack.ts';

/** Where the suites find the servers. Every suite takes names of its own on them. */
export type TestStack = {
  readonly kafkaBrokers: string;
  /** The full address for registry clients, path included. */
  readonly registryUrl: string;
  readonly clickhouseUrl: string;
};

declare module 'vitest' {
  interface ProvidedContext {
    stack: TestStack;
  }
}

const artifactsDir = fileURLToPath(new URL('../../.stack', import.meta.url));

const fromEnvironment = (env: NodeJS.ProcessEnv): TestStack | undefined => {
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, CLICKHOUSE_URL } = env;
  if (!KAFKA_BROKERS || !SCHEMA_REGISTRY_URL || !CLICKHOUSE_URL) return undefined;
  return {
    kafkaBrokers: KAFKA_BROKERS,
    registryUrl: SCHEMA_REGISTRY_URL,
    clickhouseUrl: CLICKHOUSE_URL,
  };
};

/**
 * Vitest global set-up: the servers named by KAFKA_BROKERS, SCHEMA_REGISTRY_URL and
 * CLICKHOUSE_URL when all three are set, else one embedded stack on free ports for the whole run.
 */
const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  quietKafkaTimers();
  const given = fromEnvironment(process.env);
  if (given !== undefined) {
    project.provide('stack', given);
    return () => Promise.resolve();
  }
  const dir = mkdtempSync(join(tmpdir(), 'landed-stack-'));
  const ports = await freeStackPorts();
  const stack = await startStack({ dir, artifactsDir, ports, registryStorage: 'memory' });
  const { kafkaBrokers, registryUrl, clickhouseUrl } = stack;
  project.provide('stack', { kafkaBrokers, registryUrl, clickhouseUrl });
  return async () => {
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  };
};

export default setup;
