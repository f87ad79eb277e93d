import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Environment } from '@landed/schemas/settings';

/** Whoever names a server of their own means that one, with secrets of their own. */
const SERVERS = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'CLICKHOUSE_URL'];

/**
 * The environment, completed by the settings that `npm start` leaves for its embedded system. They
 * are used only where no server is named; what is set always wins.
 *
 * @param file `.landed/environment`; an absent one adds nothing
 */
export function withEmbeddedSettings(env: Environment, file: string): Environment {
  if (SERVERS.some((name) => (env[name] ?? '') !== '')) return env;
  try {
    return { ...parseEnv(readFileSync(file, 'utf8')), ...env };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return env;
    throw error;
  }
}
