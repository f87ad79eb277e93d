import { OperationError } from '@landed/schemas/fate';
import { SettingsError } from '@landed/schemas/settings';
import { createClients } from './clients.ts';
import { loadConfig } from './config.ts';
import type { Config } from './config.ts';
import { createLogger } from './log.ts';
import type { Logger } from './log.ts';
import { createService } from './service.ts';
import type { Service } from './service.ts';
import { watchFiles } from './watch-files.ts';

/** Exit code for settings that are not usable, as against 1 for what goes wrong later. */
const EXIT_SETTINGS = 2;

function configOrExit(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_SETTINGS);
  }
}

/** kafkajs sets timers with times that have passed; harmless, and Node warns of each. */
function quietTimers(logger: Logger): void {
  process.removeAllListeners('warning');
  process.on('warning', (error) => {
    if (error.name !== 'TimeoutNegativeWarning') logger.warn({ error }, 'Node warns');
  });
}

function obeySignals(service: Service, logger: Logger): void {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    logger.info({ signal }, 'asked to stop');
    service.drain().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.fatal({ error }, 'the drain failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
}

/** Secrets whose files may change while the service runs. */
const SECRET_FILES = ['CUSTOMERIO_SIGNING_KEYS_FILE', 'CUSTOMERIO_TEMPORARY_SECRETS_FILE'];

/** Takes new keys, secrets and lists: on SIGHUP, and when a file of them changes. */
function obeyChanges(service: Service, config: Config, logger: Logger): void {
  const reload = (): void => {
    try {
      service.reload(loadConfig(process.env).access);
    } catch (error) {
      const problems = error instanceof SettingsError ? error.problems : [];
      logger.error({ error, problems }, 'the new settings are not usable, keeping the old ones');
    }
  };
  process.on('SIGHUP', reload);
  const paths = SECRET_FILES.map((name) => process.env[name] ?? '');
  for (const path of [...paths, config.access.ranges?.file ?? '']) {
    if (path === '') continue;
    watchFiles([path], config.secretsReloadMs, ({ isWhole }) => {
      if (isWhole) reload();
      return isWhole;
    });
  }
}

async function run(config: Config, logger: Logger): Promise<void> {
  const service = createService({ config, clients: createClients(config, logger), logger });
  obeySignals(service, logger);
  obeyChanges(service, config, logger);
  const { port, opsPort } = await service.bind();
  logger.info({ host: config.host, port }, 'listening for webhooks');
  logger.info({ host: config.opsHost, port: opsPort }, 'listening for health checks and scrapes');
  if (await service.becomeAble()) logger.info('able to store webhooks');
}

const config = configOrExit();
if (process.argv.includes('--check-config')) {
  process.stdout.write('the settings are usable\n');
  process.exit(0);
}
const logger = createLogger(config.logLevel);
quietTimers(logger);
process.on('uncaughtException', (error) => {
  logger.fatal({ error }, 'stopping after an unexpected error');
  process.exit(1);
});
run(config, logger).catch((error: unknown) => {
  const isForGood = error instanceof OperationError && !error.retriable;
  logger.fatal({ error }, 'cannot serve');
  process.exit(isForGood ? EXIT_SETTINGS : 1);
});
