import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../../local/stack/stack.ts';
import { freeStackPorts } from '../../local/stack/stack-ports.ts';
import type { Step } from '../../local/stack/step.ts';

const dir = mkdtempSync(join(tmpdir(), 'landed-whole-'));
const artifactsDir = new URL('../../../.stack', import.meta.url).pathname;
const stacks: Stack[] = [];

afterAll(async () => {
  for (const stack of stacks) await stack.stop();
  for (const each of [dir, `${dir}-2`]) rmSync(each, { recursive: true, force: true });
});

const kafkaAt = (brokers: string): Kafka =>
  new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });

const subject = async (stack: Stack): Promise<unknown> =>
  (await fetch(`${stack.registryUrl}/subjects/s/versions/latest`)).json();

test('a stack keeps its data over a kill of each program and over a stop', async () => {
  const ports = await freeStackPorts();
  const steps: Step[] = [];
  const options = { dir, artifactsDir, ports, onStep: (step: Step) => steps.push(step) };
  const first = await startStack(options);
  stacks.push(first);
  expect(steps.filter(({ state }) => state === 'done').map(({ name }) => name)).toEqual(
    expect.arrayContaining(['kafka', 'registry', 'clickhouse']),
  );
  await expect(startStack(options)).rejects.toThrow(`${dir} is in use`);
  await expect(startStack({ ...options, dir: `${dir}-2` })).rejects.toThrow('EMBEDDED_KAFKA_PORT');

  const admin = kafkaAt(first.kafkaBrokers).admin();
  await admin.createTopics({ topics: [{ topic: 't', numPartitions: 3 }] });
  await admin.disconnect();
  const registered = await fetch(`${first.registryUrl}/subjects/s/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: '{"type":"string"}' }),
  });
  expect(registered.status).toBe(200);
  const before = await subject(first);

  const exits: string[] = [];
  first.onExit((name) => exits.push(name));
  for (const name of ['kafka', 'registry', 'clickhouse'] as const) {
    first.kill(name, 'SIGKILL');
    await expect.poll(() => exits).toContain(name);
    await first.restart(name);
  }
  expect(await subject(first)).toEqual(before);
  await first.stop();
  expect(exits).toHaveLength(3);

  const second = await startStack(options);
  stacks.push(second);
  expect(await subject(second)).toEqual(before);
  const later = kafkaAt(second.kafkaBrokers).admin();
  expect(await later.listTopics()).toContain('t');
  await later.disconnect();
});
