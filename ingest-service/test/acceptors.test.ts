import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { listenWide } from '../src/acceptors.ts';
import type { Listening } from '../src/acceptors.ts';
import { listen } from '../src/server.ts';

const HOST = '127.0.0.1';
const noError = (): void => undefined;
let listening: Listening | null = null;

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });

afterEach(async () => {
  await Promise.all(listening?.servers.map(closed) ?? []);
  listening = null;
});

/** A thread that opens many connections at once and holds them until it is ended. */
const crowd = (port: number, count: number): Worker =>
  new Worker(
    `const { connect } = require('node:net');
     for (let at = 0; at < ${count}; at += 1) connect({ host: '${HOST}', port: ${port} }).on('error', () => 0);`,
    { eval: true },
  );

test('a busy loop takes in many connections a turn', async () => {
  const server = createServer();
  let accepted = 0;
  let turns = 0;
  server.on('connection', () => {
    accepted += 1;
  });
  listening = await listenWide(server, { host: HOST, port: 0, isShared: false }, noError);
  const worker = crowd(listening.port, 300);
  const endsAt = performance.now() + 15_000;
  while (accepted < 300 && performance.now() < endsAt) {
    if (accepted > 0) turns += 1;
    const until = performance.now() + 20;
    while (performance.now() < until);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  await worker.terminate();
  server.closeAllConnections();
  expect(accepted).toBe(300);
  expect(turns).toBeLessThan(100);
});

test('serves on every one of them; closed, the port is free again', async () => {
  const server = createServer((_request, response) => void response.end('here'));
  listening = await listenWide(server, { host: HOST, port: 0, isShared: false }, noError);
  const { port, servers } = listening;
  const headers = { connection: 'close' };
  const answers = await Promise.all(
    Array.from({ length: 100 }, async () =>
      (await fetch(`http://${HOST}:${port}/`, { headers })).text(),
    ),
  );
  expect(new Set(answers)).toEqual(new Set(['here']));
  await Promise.all(servers.map(closed));
  listening = null;
  const next = createServer();
  expect(await listen(next, { host: HOST, port }, noError)).toBe(port);
  await closed(next);
});

test('a port that is taken rejects, although it could be shared', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => {
    holder.listen({ host: HOST, port: 0, reusePort: true }, resolve);
  });
  const { port } = holder.address() as AddressInfo;
  const rival = listenWide(createServer(), { host: HOST, port, isShared: false }, noError);
  await expect(rival).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await closed(holder);
});

test('a port that is meant to be shared is held by several, and by the last of them alone', async () => {
  const answering = (name: string) =>
    createServer((_request, response) => {
      response.writeHead(200, { connection: 'close' }).end(name);
    });
  const place = { host: HOST, isShared: true };
  const one = await listenWide(answering('one'), { ...place, port: 0 }, noError);
  const { port } = one;
  listening = await listenWide(answering('two'), { ...place, port }, noError);
  const ask = async (): Promise<string> => (await fetch(`http://${HOST}:${port}/`)).text();
  const answers = new Set<string>();
  await expect.poll(async () => answers.add(await ask()).size, { timeout: 5000 }).toBe(2);
  await Promise.all(one.servers.map(closed));
  expect(await Promise.all([ask(), ask(), ask()])).toEqual(['two', 'two', 'two']);
});
