import { once } from 'node:events';
import type { Server } from 'node:http';
import { createRegistry } from '@landed/schemas/registry';
import { SettingsError } from '@landed/schemas/settings';
import { assertCoPartitioned } from '@landed/schemas/topic-admin';
import type { Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { loadConfig } from './config.ts';
import type { Config, RoleName } from './config.ts';
import { untilDone, within } from './log/deadline.ts';
import { createKafka } from './log/kafka-client.ts';
import { createPartitionReader } from './log/partition-reader.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { createOpsServer } from './ops.ts';
import type { Role, RoleDeps } from './role.ts';
import { LostInputError } from './task/lost-input.ts';
import { createScoreRole } from './task/score-role.ts';
import { createWarehouseRole } from './warehouse/role.ts';

/** How the process ends. Supervisors and the tests tell them apart. */
const EXIT_DEFECT = 1;
const EXIT_SETTINGS = 2;
const EXIT_LOST_INPUT = 3;

const ANSWER_MS = 15_000;

/** Waits for the cluster and the topics; refuses partition counts that differ from the contract. */
async function awaitTopics(
  kafka: Kafka,
  config: Config,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const admin = kafka.admin();
  const check = async (): Promise<void> => {
    await within(admin.connect(), ANSWER_MS, 'kafka');
    await within(assertCoPartitioned(admin, config.topicSpecs), ANSWER_MS, 'topics');
  };
  const onFailure = (error: unknown, attempt: number): void => {
    if (attempt % 4 === 0) logger.warn({ err: error }, 'waiting for Kafka and the topics');
  };
  try {
    await untilDone(check, { signal, onFailure });
  } finally {
    await admin.disconnect();
  }
}

function readConfig(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`processor: ${error.message}\n`);
    process.exit(EXIT_SETTINGS);
  }
}

/** kafkajs reschedules its request queue with a time in the past (tulios/kafkajs#1704): harmless. */
function quietKafkajsWarning(): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name === 'TimeoutNegativeWarning') return;
    process.stderr.write(`${warning.name}: ${warning.message}\n`);
  });
}

async function listen(ops: Server, config: Config, logger: Logger): Promise<void> {
  const { opsHost: host, opsPort: port } = config;
  try {
    ops.listen(port, host);
    await once(ops, 'listening');
  } catch (error) {
    logger.fatal({ err: error, host, port }, 'PROCESSOR_OPS_PORT cannot be listened on');
    process.exit(EXIT_DEFECT);
  }
}

async function main(): Promise<void> {
  quietKafkajsWarning();
  const config = readConfig();
  if (process.argv.includes('--check-config')) return;
  const logger = createLogger(config.logLevel);
  const metrics = createMetrics();
  const kafka = createKafka(config.kafka, logger);
  const roles = new Map<RoleName, Role>();
  const starting = new AbortController();
  const isStopping = (): boolean => starting.signal.aborted;

  const ops = createOpsServer({
    metrics: metrics.registry,
    roles: () => Object.fromEntries([...roles].map(([name, role]) => [name, role.isReady()])),
    isDraining: isStopping,
  });
  await listen(ops, config, logger);

  const stop = async (code: number): Promise<never> => {
    starting.abort();
    // One deadline for everything: whatever is still open then is aborted by the next owner.
    setTimeout(() => process.exit(code === 0 ? EXIT_DEFECT : code), config.stopMs).unref();
    await Promise.allSettled([...roles.values()].map(async (role) => role.stop()));
    ops.close();
    ops.closeAllConnections();
    logger.info({ code }, 'stopped');
    process.exit(code);
  };
  const onCrash = (error: unknown): void => {
    if (isStopping()) return;
    logger.fatal({ err: error }, 'the processor cannot go on');
    void stop(error instanceof LostInputError ? EXIT_LOST_INPUT : EXIT_DEFECT);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isStopping()) process.exit(EXIT_DEFECT);
    logger.info({ signal }, 'stopping');
    void stop(0);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('uncaughtException', onCrash);
  process.on('unhandledRejection', onCrash);

  const deps: RoleDeps = {
    env: process.env,
    config,
    logger,
    metrics: metrics.registry,
    kafka,
    createReader: () => createPartitionReader({ kafka }),
    registry: createRegistry(config.registry),
    onCrash,
  };
  const builders: Record<RoleName, () => Role> = {
    score: () => createScoreRole({ ...deps, scoreMetrics: metrics }),
    warehouse: () => createWarehouseRole(deps),
  };
  logger.info({ roles: config.roles, port: config.opsPort }, 'starting');
  try {
    await awaitTopics(kafka, config, logger, starting.signal);
    for (const name of config.roles) roles.set(name, builders[name]());
    await Promise.all([...roles.values()].map(async (role) => role.start()));
    logger.info('started');
  } catch (error) {
    onCrash(error);
  }
}

await main();
