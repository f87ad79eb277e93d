import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { event, exchange, request } from './raw-http.ts';
import { runService } from './running-service.ts';
import type { RunningService } from './running-service.ts';

/* Caps on connections: one above is answered 503 and ended, never reset. */

const started: RunningService[] = [];
const held: Socket[] = [];

async function start(env: Record<string, string>): Promise<RunningService> {
  const running = await runService(env);
  started.push(running);
  await running.service.becomeAble();
  return running;
}

/** Connections that say nothing. */
async function hold(port: number, count: number, localAddress = '127.0.0.1'): Promise<void> {
  const opened = Array.from({ length: count }, () => {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    held.push(socket);
    return new Promise((resolve) => socket.once('connect', resolve));
  });
  await Promise.all(opened);
}

afterEach(async () => {
  for (const socket of held.splice(0)) socket.destroy();
  await Promise.all(started.splice(0).map(({ service }) => service.drain()));
});

const scraped = async (running: RunningService, line: string): Promise<void> => {
  await expect.poll(() => running.scrape()).toContain(line);
};

test('above the total: 503 with Retry-After, the connection ends, nothing is reset', async () => {
  const running = await start({ INGEST_CONNECTIONS_MAX: '3' });
  await hold(running.port, 3);
  await scraped(running, 'ingest_connections 3');
  const { text, isReset } = await exchange(running.port, { parts: [request(event('a'))] });
  expect(text).toContain('HTTP/1.1 503 ');
  expect(text).toMatch(/\r\nRetry-After: \d+\r\n/);
  expect(text).toMatch(/\r\nConnection: close\r\n/);
  expect(text).toContain('"reason":"connections"');
  expect(isReset).toBe(false);
  await scraped(running, 'ingest_connections_turned_away_total{cap="total"} 1');
  for (const socket of held.splice(0)) socket.destroy();
  await scraped(running, 'ingest_connections 0');
  const again = await exchange(running.port, { parts: [request(event('a'))], answers: 1 });
  expect(again.statuses).toEqual([200]);
});

test('above the cap of one address: only that one is turned away; trusted proxies never', async () => {
  const caps = { INGEST_CONNECTIONS_PER_ADDRESS_MAX: '2', INGEST_TRUSTED_PROXIES: '127.0.0.3' };
  const running = await start(caps);
  await hold(running.port, 2, '127.0.0.2');
  await hold(running.port, 5, '127.0.0.3');
  await hold(running.port, 2);
  await scraped(running, 'ingest_connections 9');
  const over = await exchange(running.port, { parts: [request(event('a'))] });
  expect(over.statuses).toEqual([503]);
  held.pop()?.destroy();
  await scraped(running, 'ingest_connections 8');
  const within = await exchange(running.port, { parts: [request(event('a'))], answers: 1 });
  expect(within.statuses).toEqual([200]);
});

test('close to a cap answers end their connections, so that idle ones never fill it', async () => {
  const running = await start({ INGEST_CONNECTIONS_MAX: '10' });
  const body = request(event('a'));
  await hold(running.port, 5);
  const roomy = await exchange(running.port, { parts: [body], answers: 1 });
  expect(roomy.text).not.toMatch(/\r\nConnection: close\r\n/);
  await hold(running.port, 3);
  const crowded = await exchange(running.port, { parts: [body] });
  expect(crowded.statuses).toEqual([200]);
  expect(crowded.text).toMatch(/\r\nConnection: close\r\n/);
  expect(crowded.isReset).toBe(false);
});

test('one above that says nothing is closed soon; far above, none is heard', async () => {
  const running = await start({ INGEST_CONNECTIONS_MAX: '2' });
  await hold(running.port, 2);
  const { elapsedMs, text } = await exchange(running.port, { parts: [] });
  expect(text).toBe('');
  expect(elapsedMs).toBeLessThan(2_800);
  await hold(running.port, 6);
  await scraped(running, 'ingest_connections_turned_away_total{cap="unheard"}');
  await scraped(running, 'ingest_connections 4');
});
