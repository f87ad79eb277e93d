import { logLevel } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { OperationError } from '@landed/schemas/fate';
import { kafkaLogCreator } from '../src/log/kafka-client.ts';
import { createLogger } from '../src/logger.ts';

type Line = Readonly<Record<string, unknown>>;

function capture(level = 'debug'): {
  readonly lines: Line[];
  readonly logger: ReturnType<typeof createLogger>;
} {
  const lines: Line[] = [];
  const logger = createLogger(level, {
    write: (line) => void lines.push(JSON.parse(line) as Line),
  });
  return { lines, logger };
}

describe('log lines', () => {
  test('an error is masked, with its causes', () => {
    const { lines, logger } = capture();
    const cause = new Error('no such user someone@example.com');
    logger.warn({ err: new OperationError('send failed', { retriable: true, cause }) }, 'again');
    expect(lines[0]).toMatchObject({
      level: 'warn',
      service: 'processor',
      msg: 'again',
      err: { name: 'OperationError', message: 'send failed', cause: { name: 'Error' } },
    });
    expect(JSON.stringify(lines)).not.toContain('someone@');
  });

  test('an error that is none, and one that is its own cause', () => {
    const { lines, logger } = capture();
    logger.warn({ err: 'text' }, 'a');
    const circular = new Error('round');
    circular.cause = circular;
    logger.warn({ err: circular }, 'b');
    expect(lines).toHaveLength(2);
  });
});

describe("kafkajs's lines", () => {
  const entry = (level: logLevel, message: string, error?: string) => ({
    namespace: 'Connection',
    level,
    label: '',
    log: { timestamp: '', message, ...(error === undefined ? {} : { error }) },
  });

  test('its errors are warnings, said once in ten seconds', () => {
    const { lines, logger } = capture('info');
    let now = 0;
    const log = kafkaLogCreator(logger, () => now)(logLevel.INFO);
    for (now of [0, 5_000, 9_999, 10_001]) log(entry(logLevel.ERROR, 'refused'));
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      ['warn', 'refused'],
      ['warn', 'refused'],
    ]);
  });

  test('what is ordinary, and what it tells of itself, is for debugging', () => {
    const { lines, logger } = capture('info');
    const log = kafkaLogCreator(logger)(logLevel.INFO);
    log(entry(logLevel.INFO, 'Consumer has joined the group'));
    log(
      entry(
        logLevel.ERROR,
        'Response',
        'another concurrent operation on the same transaction was ongoing',
      ),
    );
    expect(lines).toEqual([]);
  });
});
