import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMetrics } from '../src/metrics.ts';
import { createOpsServer } from '../src/ops.ts';

describe('health and metrics', () => {
  const metrics = createMetrics();
  let roles: Record<string, boolean> = {};
  let isDraining = false;
  const server = createOpsServer({
    metrics: metrics.registry,
    roles: () => roles,
    isDraining: () => isDraining,
  });
  let base = '';
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  const get = async (path: string): Promise<{ readonly status: number; readonly text: string }> => {
    const answer = await fetch(base + path);
    return { status: answer.status, text: await answer.text() };
  };

  test('it is healthy whatever the roles do', async () => {
    expect(await get('/healthz')).toEqual({ status: 200, text: '{"status":"ok"}' });
  });

  test.each([
    ['starting', {}, false, 503],
    ['starting', { score: true, warehouse: false }, false, 503],
    ['ready', { score: true, warehouse: true }, false, 200],
    ['draining', { score: true }, true, 503],
  ])('%s with roles %j', async (status, given, draining, code) => {
    roles = given;
    isDraining = draining;
    const answer = await get('/readyz');
    expect(answer.status).toBe(code);
    expect(JSON.parse(answer.text)).toEqual({ status, roles: given });
  });

  test('the metrics are there by their names', async () => {
    metrics.records('applied', '', 3);
    metrics.records('dead_letter', 'bad_magic', 1);
    metrics.taskState(4, 'committing');
    const step = metrics.checkpointStep();
    step('send');
    const { text } = await get('/metrics');
    expect(text).toContain('processor_records_total{outcome="applied",reason=""} 3');
    expect(text).toContain('processor_records_total{outcome="dead_letter",reason="bad_magic"} 1');
    expect(text).toContain('processor_task_state{partition="4",state="committing"} 1');
    expect(text).toContain('processor_task_state{partition="4",state="running"} 0');
    expect(text).toContain('processor_checkpoint_seconds_count{step="send"} 1');
  });

  test('nothing else is there', async () => {
    expect((await get('/')).status).toBe(404);
    expect((await fetch(`${base}/healthz`, { method: 'POST' })).status).toBe(405);
  });
});
