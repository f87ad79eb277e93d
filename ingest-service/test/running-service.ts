import { createLogger } from '../src/log.ts';
import { loadConfig } from '../src/config.ts';
import type { Config } from '../src/config.ts';
import { createService } from '../src/service.ts';
import type { Service } from '../src/service.ts';
import { createFakeKafka } from './fake-sender.ts';
import type { FakeKafka } from './fake-sender.ts';
import { minimalEnv } from './settings.ts';

export type RunningService = {
  readonly service: Service;
  readonly kafka: FakeKafka;
  readonly config: Config;
  readonly port: number;
  readonly opsPort: number;
  /** Log lines so far, as text. */
  readonly log: () => string;
  readonly scrape: () => Promise<string>;
};

export const FAST = { INGEST_PORT: '0', INGEST_OPS_PORT: '0', INGEST_DRAIN_MS: '0' } as const;

/** The whole service in this process, over a fake Kafka. */
export async function runService(
  env: Record<string, string | undefined> = {},
  schemaId: () => Promise<number> = () => Promise.resolve(5),
): Promise<RunningService> {
  const config = loadConfig({ ...minimalEnv, ...FAST, ...env });
  const kafka = createFakeKafka();
  const lines: string[] = [];
  const service = createService({
    config,
    clients: {
      connect: kafka.connect,
      assertTopics: () => Promise.resolve(),
      rawSchemaId: schemaId,
    },
    logger: createLogger('debug', { write: (line) => void lines.push(line) }),
  });
  const { port, opsPort } = await service.bind();
  return {
    service,
    kafka,
    config,
    port,
    opsPort,
    log: () => lines.join(''),
    scrape: async () => (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text(),
  };
}
