import { logLevel } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { createLimiter, createLogger, describeError, kafkaLogCreator } from '../src/log.ts';
import type { Logger } from '../src/log.ts';

const capture = (): {
  readonly logger: Logger;
  readonly lines: () => Record<string, unknown>[];
} => {
  const texts: string[] = [];
  const logger = createLogger('debug', { write: (line) => void texts.push(line) });
  return { logger, lines: () => texts.map((text) => JSON.parse(text) as Record<string, unknown>) };
};

test('only fields of the list are written', () => {
  const { logger, lines } = capture();
  logger.child({ module: 'app' }).info(
    {
      workspace: 'acme',
      body: 'canary@secret.example',
      headers: { 'x-cio-signature': 'abc' },
    } as object,
    'a line',
  );
  const [line] = lines();
  expect(Object.keys(line!).sort()).toEqual([
    'level',
    'module',
    'msg',
    'service',
    'time',
    'workspace',
  ]);
});

test('an error is masked, cut, and says where it was thrown', () => {
  const shape = describeError(
    new TypeError(`cannot read canary@secret.example ${'x'.repeat(9999)}`),
  );
  expect(shape).toMatchObject({ name: 'TypeError' });
  expect(shape.message).toContain('cannot read <address>');
  expect(shape.message.length).toBeLessThanOrEqual(500);
  expect(shape.at).toContain('log.test.ts');
  expect(describeError('canary@secret.example')).toEqual({ name: 'string', message: '' });
});

describe('kafkajs lines', () => {
  const say = (logger: Logger, level: logLevel, message: string): void => {
    const log = { message, timestamp: '', logger: 'kafkajs', broker: 'b:9092', secret: 'canary' };
    kafkaLogCreator(logger)(logLevel.INFO)({ namespace: 'Connection', level, label: '', log });
  };

  test('its errors are our warnings, its information is for debugging', () => {
    const { logger, lines } = capture();
    say(logger, logLevel.ERROR, 'Connection error');
    say(logger, logLevel.INFO, 'hello');
    say(
      logger,
      logLevel.WARN,
      'Limiting retries for the idempotent producer may invalidate EoS guarantees',
    );
    expect(lines().map(({ level, msg, broker, secret }) => [level, msg, broker, secret])).toEqual([
      ['warn', 'Connection error', 'b:9092', undefined],
      ['debug', 'hello', 'b:9092', undefined],
      ['debug', expect.stringContaining('Limiting retries'), 'b:9092', undefined],
    ]);
  });

  test('the same line is said once in a while, with the number of those left out', () => {
    const said: [string, number][] = [];
    let now = 0;
    const limit = createLimiter(1000, () => now);
    for (const [at, word] of [
      [0, 'a'],
      [10, 'a'],
      [20, 'b'],
      [999, 'a'],
      [1000, 'a'],
      [1001, 'a'],
    ] as const) {
      now = at;
      limit(word, (suppressed) => said.push([word, suppressed]));
    }
    expect(said).toEqual([
      ['a', 0],
      ['b', 0],
      ['a', 2],
    ]);
  });
});
