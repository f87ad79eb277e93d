import { join } from 'node:path';
import { freeStackPorts } from '../local/stack/stack-ports.ts';
import { startStack } from '../local/stack/stack.ts';
import type { Servers } from './environment.ts';

export type OpenServers = Servers & {
  /** Folder with everything the servers keep on disk; null for servers that are not ours. */
  readonly dataDir: string | null;
  readonly stop: () => Promise<void>;
};

const ARTIFACTS = new URL('../../.stack', import.meta.url).pathname;

/**
 * The servers named by KAFKA_BROKERS, SCHEMA_REGISTRY_URL and CLICKHOUSE_URL when all three are
 * set, else an embedded stack of its own on free ports.
 *
 * @param dir folder for the data of an embedded stack
 */
export async function openServers(dir: string): Promise<OpenServers> {
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, CLICKHOUSE_URL } = process.env;
  if (KAFKA_BROKERS && SCHEMA_REGISTRY_URL && CLICKHOUSE_URL) {
    return {
      kafkaBrokers: KAFKA_BROKERS,
      registryUrl: SCHEMA_REGISTRY_URL,
      clickhouseUrl: CLICKHOUSE_URL,
      dataDir: null,
      stop: () => Promise.resolve(),
    };
  }
  const dataDir = join(dir, 'stack');
  const stack = await startStack({
    dir: dataDir,
    artifactsDir: ARTIFACTS,
    ports: await freeStackPorts(),
    registryStorage: 'memory',
  });
  const { kafkaBrokers, registryUrl, clickhouseUrl } = stack;
  return { kafkaBrokers, registryUrl, clickhouseUrl, dataDir, stop: () => stack.stop() };
}
