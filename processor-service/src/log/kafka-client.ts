import { Kafka, logLevel } from 'kafkajs';
import type { KafkaConfig, logCreator } from 'kafkajs';
import { maskAddresses } from '@landed/schemas/mask';
import type { Logger } from 'pino';

const QUIET_MS = 10_000;
const TEXT_CHARS_MAX = 300;

/** What kafkajs calls an error and is a part of ordinary life: it tries again by itself. */
const ORDINARY =
  /concurrent operation on the same transaction|coordinator is loading|group is rebalancing|^Limiting retries/;

/**
 * kafkajs's lines through our logger. Its errors are attempts it repeats, so here they are warnings,
 * and each is said at most once in ten seconds: a broker that is away for an hour fills no disk.
 */
export function kafkaLogCreator(logger: Logger, now: () => number = Date.now): logCreator {
  const saidAt = new Map<string, number>();
  return () =>
    ({ namespace, level, log }) => {
      const error: unknown = log['error'];
      const detail = maskAddresses(typeof error === 'string' ? error : '').slice(0, TEXT_CHARS_MAX);
      const text = maskAddresses(log.message).slice(0, TEXT_CHARS_MAX);
      const fields = { kafkajs: namespace, ...(detail === '' ? {} : { detail }) };
      const isWorth = level <= logLevel.WARN && !ORDINARY.test(text) && !ORDINARY.test(detail);
      const said = `${namespace}/${text}/${detail}`;
      if (!isWorth || now() - (saidAt.get(said) ?? -Infinity) < QUIET_MS) {
        logger.debug(fields, text);
        return;
      }
      if (saidAt.size > 1_000) saidAt.clear();
      saidAt.set(said, now());
      logger.warn(fields, text);
    };
}

/** The kafkajs instance of a process: its clients share options and logger, not connections. */
export function createKafka(options: KafkaConfig, logger: Logger): Kafka {
  return new Kafka({
    ...options,
    logLevel: logLevel.INFO,
    logCreator: kafkaLogCreator(logger.child({ module: 'kafkajs' })),
  });
}
