import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { churn } from '../../faults/ingest/churn.ts';
import type { Fault, FaultOptions } from '../../faults/ingest/fault.ts';
import { slowlorisHeaders } from '../../faults/ingest/slowloris.ts';
import { createWorld } from '../../faults/ingest/world.ts';
import type { World } from '../../faults/ingest/world.ts';

/* Two of them, short; `npm run faults:ingest` has all, at full length. */

const dir = mkdtempSync(join(tmpdir(), 'landed-faults-test-'));
const options: FaultOptions = {
  rate: 100,
  slowConnections: 40,
  slowMs: 4_500,
  churn: 2_000,
  overloadMs: 0,
  overloadTimes: 1,
  overloadConnections: 1,
  calmMs: 1_000,
  afterMs: 2_000,
  stopSignals: ['SIGKILL'],
  outagesMs: [2_000],
  restarts: 2,
  rollingRate: 200,
};
/** Latency beside other tests says nothing; everything else must hold. */
const ABOUT_LATENCY = /p99/;

let world: World;

beforeAll(async () => {
  world = await createWorld(inject('stack'), dir);
});
afterAll(async () => {
  await world.close();
  rmSync(dir, { recursive: true, force: true });
});

async function brokenLaws(fault: Fault): Promise<string[]> {
  const outcome = await fault.run({
    options,
    tell: () => undefined,
    world: () => Promise.resolve(world),
  });
  if ('skipped' in outcome) return [outcome.skipped];
  return outcome.laws
    .filter(({ name, holds }) => !holds && !ABOUT_LATENCY.test(name))
    .map(({ name, measured }) => `${name}: ${measured}`);
}

test.each([slowlorisHeaders, churn].map((fault) => [fault.name, fault] as const))(
  '%s: a good sender does not notice, nothing is left open',
  async (_name, fault) => {
    expect(await brokenLaws(fault)).toEqual([]);
  },
);
