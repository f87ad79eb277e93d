import { maskAddresses } from '@landed/schemas/mask';
import { logLevel } from 'kafkajs';
import type { logCreator } from 'kafkajs';
import { pino } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';

export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & {
  readonly child: (bindings: { readonly module: string }) => Logger;
};

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * What a line may hold. Anything else is dropped, so that no body, header or address can slip into
 * the log with an object somebody passes.
 */
const FIELDS = new Set([
  'module',
  'error',
  'reason',
  'setting',
  'source',
  'workspace',
  'count',
  'suppressed',
  'records',
  'host',
  'port',
  'signal',
  'seconds',
  'key_id',
  'key_ids',
  'fault',
  'mode',
  'date',
  'problems',
  'drift',
  'file',
  'expires_at',
  'remote',
  'namespace',
  'broker',
  'detail',
]);

const TEXT_CHARS_MAX = 500;

type ErrorShape = {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly type?: string;
  readonly at?: string;
};

/** An error as a line may show it: masked, cut, with the place it was thrown at. */
export function describeError(error: unknown): ErrorShape {
  if (!(error instanceof Error)) return { name: typeof error, message: '' };
  const { code, type } = error as { readonly code?: unknown; readonly type?: unknown };
  const frame = /\n\s+at (.+)/.exec(error.stack?.slice(error.message.length) ?? '')?.[1];
  return {
    name: error.name,
    message: maskAddresses(error.message).slice(0, TEXT_CHARS_MAX),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof type === 'string' ? { type } : {}),
    ...(frame === undefined ? {} : { at: frame.replace(/file:\/\/\S*\/(?=[^/]+\/[^/]+$)/, '') }),
  };
}

function allowed(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (FIELDS.has(name)) kept[name] = name === 'error' ? describeError(value) : value;
  }
  return kept;
}

/** JSON lines on standard output, times in UTC, fields from a fixed list. */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service: 'ingest' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: allowed },
  };
  return destination ? pino(options, destination) : pino(options);
}

/**
 * Says the same thing at most once per interval, with the number of times it was not said.
 *
 * @param nowMs clock
 */
export function createLimiter(
  intervalMs: number,
  nowMs: () => number = () => performance.now(),
): (word: string, say: (suppressed: number) => void) => void {
  const spoken = new Map<string, { at: number; suppressed: number }>();
  return (word, say) => {
    const last = spoken.get(word);
    const now = nowMs();
    if (last && now - last.at < intervalMs) {
      last.suppressed += 1;
      return;
    }
    spoken.set(word, { at: now, suppressed: 0 });
    say(last?.suppressed ?? 0);
  };
}

const KAFKA_QUIET_MS = 10_000;

/** Said at each connect. A producer whose retries ended is never used again here, so none is invalid. */
const EXPECTED = 'Limiting retries for the idempotent producer may invalidate EoS guarantees';

/**
 * kafkajs's own lines through our logger. Its errors are attempts it repeats, so they are warnings
 * here, and each is said once in ten seconds: a broker that is away for an hour fills no disk.
 */
export function kafkaLogCreator(logger: Logger): logCreator {
  const limit = createLimiter(KAFKA_QUIET_MS);
  return () =>
    ({ namespace, level, log }) => {
      const broker: unknown = log['broker'];
      const fields = { namespace, ...(typeof broker === 'string' ? { broker } : {}) };
      const message = maskAddresses(log.message).slice(0, TEXT_CHARS_MAX);
      if (level > logLevel.WARN || log.message === EXPECTED) {
        logger.debug(fields, message);
        return;
      }
      limit(`${namespace}/${message}`, (suppressed) => {
        logger.warn(suppressed === 0 ? fields : { ...fields, suppressed }, message);
      });
    };
}
