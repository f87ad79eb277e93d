import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { avroSchemaText } from '@landed/schemas/avro';
import { createDecoder } from '@landed/schemas/codec';
import { readDeadLetterHeaders } from '@landed/schemas/dead-letter';
import type { RawWebhook } from '@landed/schemas/events.gen';
import { partitionOf } from '@landed/schemas/key';
import { createSealer } from '@landed/schemas/seal';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { createClients } from '../src/clients.ts';
import { loadConfig } from '../src/config.ts';
import { createLogger } from '../src/log.ts';
import { createService } from '../src/service.ts';
import type { Service } from '../src/service.ts';
import { PARTITIONS, createCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { createFaultyProxy } from './faulty-proxy.ts';
import type { FaultyProxy } from './faulty-proxy.ts';
import { event, exchange, request } from './raw-http.ts';
import { FAST } from './running-service.ts';
import { SEAL_KEY, minimalEnv } from './settings.ts';

/* The service in this process, over a real Kafka and a real registry. */

const MIB = 1024 * 1024;
const stack = inject('stack');
const stateDir = mkdtempSync(join(tmpdir(), 'landed-ingest-'));
const sealer = createSealer([{ id: 'k1', key: SEAL_KEY }]);
let cluster: Cluster;
let proxy: FaultyProxy;
let service: Service;
let ports: { readonly port: number; readonly opsPort: number };

async function start(env: Record<string, string> = {}): Promise<void> {
  const settings = { ...minimalEnv, ...FAST, ...cluster.env, INGEST_STATE_DIR: stateDir, ...env };
  const loaded = loadConfig(settings);
  const config = { ...loaded, kafka: { ...loaded.kafka, socketFactory: proxy.socketFactory } };
  const logger = createLogger('silent');
  service = createService({ config, clients: createClients(config, logger), logger });
  ports = await service.bind();
}

beforeAll(async () => {
  cluster = await createCluster(stack);
});
afterAll(async () => {
  await cluster.remove();
  rmSync(stateDir, { recursive: true, force: true });
});
beforeEach(async () => {
  proxy = await createFaultyProxy();
});
afterEach(async () => {
  proxy.mode = 'pass';
  await service.drain();
  proxy.close();
});

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

const post = (bytes: Uint8Array) => exchange(ports.port, { parts: [bytes], answers: 1 });

async function rawWebhooks(): Promise<
  (RawWebhook & { readonly key: string | null; readonly partition: number })[]
> {
  const records = await cluster.readAll(cluster.names.raw);
  const decoder = createDecoder('RawWebhook', () => Promise.resolve(avroSchemaText('RawWebhook')));
  await decoder.prepare(records.map((record) => record.value));
  return records.map(({ key, partition, value }) => ({ ...decoder.decode(value), key, partition }));
}

test('what was acknowledged stands in the raw topic, byte for byte, where its key belongs', async () => {
  await start();
  await service.becomeAble();
  const bodies = new Map(
    Array.from({ length: 60 }, (_, at) => {
      const id = `stored-${at}`;
      return [
        id,
        event(id, { identifiers: { id: `person-${at % 7}` }, subject: 'Zürich ✓ \u0026' }),
      ];
    }),
  );
  const answers = await Promise.all([...bodies.values()].map((body) => post(request(body))));
  expect(answers.flatMap((answer) => answer.statuses)).toEqual(Array.from(bodies, () => 200));
  const found = (await rawWebhooks()).filter((raw) => raw.event_id.startsWith('stored-'));
  expect(found).toHaveLength(bodies.size);
  for (const raw of found) {
    expect(sealer.open(raw.body).toString()).toBe(bodies.get(raw.event_id));
    expect(raw.partition).toBe(partitionOf(raw.key ?? '', PARTITIONS));
    expect(raw.key).toMatch(/^acme\/id:person-\d$/);
    expect(raw.body_bytes).toBe(Buffer.byteLength(bodies.get(raw.event_id) ?? ''));
  }
});

test('what is unusable stands in the dead-letter topic with its reason', async () => {
  await start();
  await service.becomeAble();
  const large = Buffer.alloc(MIB + 1, Buffer.from('incompressible? no, but large'));
  const cases = [
    ['not_json', Buffer.from('hello')],
    [
      'missing_metric',
      Buffer.from('{"event_id":"dead-1","timestamp":1,"data":{"delivery_id":"d-1"}}'),
    ],
    ['body_too_large', large],
  ] as const;
  for (const [reason, body] of cases) {
    expect((await post(request(body))).text).toContain(`"reason":"${reason}"`);
  }
  const found = await cluster.readAll(cluster.names.deadLetters);
  const facts = found.map((record) => ({ ...readDeadLetterHeaders(record.headers), record }));
  for (const [reason, body] of cases) {
    const dead = facts.find((each) => each.reason === reason);
    expect(dead).toMatchObject({ stage: 'ingest', workspace: 'acme', originalBytes: body.length });
    expect(sealer.open(dead!.record.value).equals(body.subarray(0, MIB))).toBe(true);
  }
  expect(facts.find((each) => each.reason === 'missing_metric')).toMatchObject({
    eventId: 'dead-1',
    record: { key: 'acme/delivery:d-1' },
  });
});

test('Kafka goes away: 503 in time, still ready; comes back: stored again', async () => {
  await start();
  await service.becomeAble();
  expect((await post(request(event('away-before')))).statuses).toEqual([200]);
  proxy.mode = 'silent';
  const slow = await post(request(event('away-silent')));
  expect(slow.text).toContain('HTTP/1.1 503 ');
  expect(slow.text).toMatch(/\r\nRetry-After: \d+\r\n/);
  expect(slow.elapsedMs).toBeLessThan(3500);
  const fast = await post(request(event('away-fast')));
  expect(fast.statuses).toEqual([503]);
  expect(fast.elapsedMs).toBeLessThan(500);
  proxy.mode = 'refuse';
  proxy.cut();
  const refused = await post(request(event('away-refused')));
  expect(refused.statuses).toEqual([503]);
  expect(refused.elapsedMs).toBeLessThan(3500);
  for (const path of ['readyz', 'healthz']) {
    const answer = await fetch(`http://127.0.0.1:${ports.opsPort}/${path}`);
    expect(answer.status).toBe(200);
  }
  proxy.mode = 'pass';
  const back = async () => (await post(request(event('away-after')))).statuses[0];
  await expect.poll(back, { timeout: 15_000, interval: 200 }).toBe(200);
  const ids = (await rawWebhooks()).map((raw) => raw.event_id);
  expect(ids).toContain('away-before');
  expect(ids).toContain('away-after');
});

test('lost answers: nothing acknowledged is lost, and the order within a key is kept', async () => {
  await start();
  await service.becomeAble();
  const acknowledged: string[] = [];
  let at = 0;
  const sender = async (lane: number): Promise<void> => {
    for (let count = 0; count < 60; count += 1) {
      const id = `lost-${lane}-${count}`;
      const body = event(id, { identifiers: { id: `lane-${lane}` } });
      const { statuses } = await post(request(body));
      if (statuses[0] === 200) acknowledged.push(id);
      at += 1;
    }
  };
  const saboteur = setInterval(() => {
    proxy.mode = proxy.mode === 'pass' && at % 3 === 0 ? 'lose-answers' : 'pass';
  }, 40);
  await Promise.all(Array.from({ length: 8 }, (_, lane) => sender(lane)));
  clearInterval(saboteur);
  proxy.mode = 'pass';
  expect(proxy.lost()).toBeGreaterThan(3);
  expect(acknowledged.length).toBeGreaterThan(100);
  const found = (await rawWebhooks()).filter((raw) => raw.event_id.startsWith('lost-'));
  const ids = new Set(found.map((raw) => raw.event_id));
  expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
  // A record may be stored twice; its last copy stands where it belongs.
  const places = new Map(found.map((raw, place) => [raw.event_id, place]));
  for (let lane = 0; lane < 8; lane += 1) {
    const own = acknowledged
      .filter((id) => id.startsWith(`lost-${lane}-`))
      .map((id) => places.get(id) ?? -1);
    expect(own).toEqual([...own].sort((one, other) => one - other));
  }
});

test('starts without the registry, from the ids on disk', async () => {
  const { hostname, port, pathname } = new URL(stack.registryUrl);
  const clients = new Set<Socket>();
  const forwarder = createServer((client) => {
    clients.add(client);
    const target = connect({ host: hostname, port: Number(port) });
    client.on('error', () => target.destroy()).pipe(target);
    target.on('error', () => client.destroy()).pipe(client);
  });
  const address = `http://127.0.0.1:${await listen(forwarder)}${pathname}`;
  await start({ SCHEMA_REGISTRY_URL: address });
  await service.becomeAble();
  await service.drain();
  forwarder.close();
  for (const client of clients) client.destroy();
  proxy.close();
  await expect(fetch(address)).rejects.toThrow();
  proxy = await createFaultyProxy();
  await start({ SCHEMA_REGISTRY_URL: address });
  await service.becomeAble();
  expect((await post(request(event('cached')))).statuses).toEqual([200]);
});

test('partition counts that differ from the contract: refuses for good', async () => {
  await start({ TOPIC_PARTITIONS: String(PARTITIONS + 1) });
  await expect(service.becomeAble()).rejects.toMatchObject({ retriable: false });
  expect((await post(request(event('never')))).statuses).toEqual([503]);
});

test('topics that are missing are waited for', async () => {
  await start({ KAFKA_TOPIC_PREFIX: `${cluster.prefix}none.` });
  const able = service.becomeAble();
  expect((await post(request(event('never')))).statuses).toEqual([503]);
  await service.drain();
  expect(await able).toBe(false);
  proxy.close();
  proxy = await createFaultyProxy();
  await start();
});
