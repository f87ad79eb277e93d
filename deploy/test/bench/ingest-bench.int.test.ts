import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startCluster } from '../../bench/ingest-cluster.ts';
import type { BenchCluster } from '../../bench/ingest-cluster.ts';
import { ingestBars } from '../../bench/ingest-bars.ts';
import { measure } from '../../bench/ingest-measure.ts';
import type { Measurement } from '../../bench/ingest-measure.ts';
import { startServer } from '../../bench/ingest-servers.ts';
import type { ServerName } from '../../bench/ingest-servers.ts';

const dir = mkdtempSync(join(tmpdir(), 'landed-bench-'));
const key = 'a-signing-key-for-the-bench';
let cluster: BenchCluster;

beforeAll(async () => {
  const { kafkaBrokers, registryUrl } = inject('stack');
  const given = { KAFKA_BROKERS: kafkaBrokers, SCHEMA_REGISTRY_URL: registryUrl };
  cluster = await startCluster(given, dir);
});
afterAll(async () => {
  await cluster.stop();
  rmSync(dir, { recursive: true, force: true });
});

test.each([
  ['landed', 0],
  ['bare', 100],
] as const)(
  'a short measurement of %s (rate %i): every call is answered 200',
  async (name, rate) => {
    const env = {
      CUSTOMERIO_SIGNING_KEYS: `bench:${key}`,
      LANDED_SEAL_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
      LANDED_HASH_KEY: 'an address key for these tests only',
      INGEST_STATE_DIR: join(dir, 'state'),
      INGEST_LOG_LEVEL: 'error',
    };
    const server = await startServer(name, { key, cluster, env, benthos: '' });
    try {
      const { port, pid } = server;
      const order = { port, key, connections: 4, rate, warmUpMs: 300, durationMs: 500 };
      const measurement = await measure({ serverPid: pid, brokerPid: null, ...order });
      expect(measurement.requestsPerSecond).toBeGreaterThan(10);
      expect(measurement.serverUs).toBeGreaterThan(0);
      expect(measurement.p99Ms).toBeGreaterThanOrEqual(measurement.p50Ms);
      expect(measurement.rssBytes).toBeGreaterThan(10e6);
      // The service listens before it can store, and says so.
      if (name !== 'landed') expect(measurement.failures).toBe(0);
    } finally {
      await server.stop();
    }
  },
);

const figures = (serverUs: number, changed: Partial<Measurement> = {}): Measurement => ({
  serverUs,
  brokerUs: 100,
  senderUs: 20,
  requestsPerSecond: 9000,
  p50Ms: 3,
  p99Ms: 7,
  rssBytes: 200e6,
  failures: 0,
  ...changed,
});

test('bars compare round by round, and leave out what was not measured', () => {
  const rounds: [ServerName, Measurement[]][] = [
    ['landed', [figures(100), figures(200), figures(300)]],
    ['bare', [figures(50), figures(160), figures(270)]],
  ];
  const bars = ingestBars(new Map([['256', new Map(rounds)]]));
  expect(bars.map(({ measured, holds }) => [measured, holds])).toEqual([
    ['1.25 ×', true],
    ['9000', true],
    ['191 MB', true],
  ]);
});
