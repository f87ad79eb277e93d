import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAccess } from '../src/access.ts';
import { createAdmission } from '../src/admission.ts';
import { stored } from '../src/answers.ts';
import type { Answer, Trouble } from '../src/answers.ts';
import { loadConfig } from '../src/config.ts';
import { createFeed } from '../src/feed.ts';
import { createListener } from '../src/listener.ts';
import { createLogger } from '../src/log.ts';
import { createMetrics } from '../src/metrics.ts';
import { listen } from '../src/server.ts';
import { event, exchange, request, signedLines } from './raw-http.ts';
import { minimalEnv } from './settings.ts';

const config = loadConfig(minimalEnv);
const access = createAccess(config.access);
const admission = createAdmission(config.limits);
const lines: string[] = [];
let pressure: Trouble | null = null;
let keep: () => Promise<Answer> = () => Promise.resolve(stored);

const metrics = createMetrics();
const server = createServer(
  createListener({
    access: () => access,
    admission,
    pressure: () => pressure,
    store: () => ({ keep: () => keep() }),
    hashAddress: (address) => address,
    isDraining: () => false,
    limits: config.limits,
    metrics,
    feed: createFeed({ registry: metrics.registry, now: Date.now }),
    logger: createLogger('debug', { write: (line) => void lines.push(line) }),
    now: Date.now,
  }),
);
let port = 0;
const post = (bytes: Uint8Array, answers = 1) => exchange(port, { parts: [bytes], answers });

beforeAll(async () => {
  port = await listen(server, { host: '127.0.0.1', port: 0 }, () => undefined);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  pressure = null;
  keep = () => Promise.resolve(stored);
});

test.each(['event_loop', 'heap'] as const)(
  'under pressure (%s): 503 before reading',
  async (word) => {
    pressure = word;
    const { text, statuses } = await post(request(event('a')));
    expect(statuses).toEqual([503]);
    expect(text).toContain(`"reason":"${word}"`);
    expect(admission.requests()).toBe(0);
  },
);

test('a refusal for pressure keeps the connection: a reset would cost an hour', async () => {
  pressure = 'heap';
  const large = request(Buffer.alloc(500_000, 'x'));
  const { statuses, isReset } = await post(Buffer.concat([large, request('{}')]), 2);
  expect(statuses).toEqual([503, 503]);
  expect(isReset).toBe(false);
});

test('an unexpected error is 503, said in the log without what it was about', async () => {
  keep = () => Promise.reject(new Error('no way with canary@secret.example'));
  const { statuses, text } = await post(request(event('a')));
  expect(statuses).toEqual([503]);
  expect(text).toMatch(/Retry-After/);
  expect(lines.join('')).toContain('answered 503');
  expect(lines.join('')).not.toContain('canary');
  expect(admission.requests()).toBe(0);
});

test('an error thrown at once is 503 too', async () => {
  keep = () => {
    throw new TypeError('x');
  };
  expect((await post(request(event('a')))).statuses).toEqual([503]);
});

test('a refusal is said once in a while in the log, with its reason', async () => {
  lines.length = 0;
  for (let count = 0; count < 5; count += 1) {
    await post(request('{}', { lines: signedLines('other') }));
  }
  const refusals = lines.filter((line) => line.includes('not authentic'));
  expect(refusals).toHaveLength(1);
  expect(refusals[0]).toContain('"reason":"wrong_signature"');
});
