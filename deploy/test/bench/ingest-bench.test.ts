import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { measure } from '../../bench/ingest-measure.ts';

const dir = mkdtempSync(join(tmpdir(), 'landed-bench-'));
const key = 'a-signing-key-for-the-bench';
const env = {
  PATH: process.env['PATH'],
  CUSTOMERIO_SIGNING_KEYS: `bench:${key}`,
  LANDED_SEAL_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
  LANDED_HASH_KEY: 'an address key for these tests only',
  INGEST_STATE_DIR: dir,
};
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test.each([0, 100])(
  'a short measurement (rate %i): every call is answered as stored',
  async (rate) => {
    const mount = 'front';
    const order = { mount, isInMemory: true, env, key, connections: 4, rate } as const;
    const measurement = await measure({ ...order, seconds: 0.3, warmUp: 0.2 });
    expect(measurement.failures).toBe(0);
    expect(measurement.requestsPerSecond).toBeGreaterThan(10);
    expect(measurement.cpuUs).toBeGreaterThan(0);
    expect(measurement.p99Ms).toBeGreaterThanOrEqual(measurement.p50Ms);
  },
);
