import { maskAddresses } from '@landed/schemas/mask';
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';

const TEXT_CHARS_MAX = 500;
const CAUSES_MAX = 4;

type ErrorShape = {
  readonly name: string;
  readonly message: string;
  readonly type?: string;
  readonly at?: string;
  readonly cause?: ErrorShape;
};

/** An error as a line may show it: masked and cut, with the place it was thrown at and its causes. */
export function describeError(error: unknown, depth = 0): ErrorShape {
  if (!(error instanceof Error)) return { name: typeof error, message: '' };
  const { type } = error as { readonly type?: unknown };
  const frame = /\n\s+at (.+)/.exec(error.stack ?? '')?.[1];
  return {
    name: error.name,
    message: maskAddresses(error.message).slice(0, TEXT_CHARS_MAX),
    ...(typeof type === 'string' ? { type } : {}),
    ...(frame === undefined ? {} : { at: maskAddresses(frame) }),
    ...(error.cause === undefined || depth >= CAUSES_MAX
      ? {}
      : { cause: describeError(error.cause, depth + 1) }),
  };
}

/** JSON lines on standard output. Lines hold constant messages and fields, never bodies or addresses. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service: 'processor' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: (error: unknown) => describeError(error) },
  };
  return destination ? pino(options, destination) : pino(options);
}
