import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { applyTopics } from '@landed/schemas/topic-admin';
import { topicSpecs } from '@landed/schemas/topics';
import { scoreGroup } from '../src/task/score-role.ts';
import { PARTITIONS, createHarness, eventually } from './task/harness.ts';
import type { Harness } from './task/harness.ts';

const stack = inject('stack');
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

type Run = {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exited: Promise<number | null>;
};

function run(env: Readonly<Record<string, string>>, args: readonly string[] = []): Run {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const collect = (chunk: Buffer): void => void (text += chunk.toString());
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, output: () => text, exited };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

const KEYS = {
  LANDED_HASH_KEY: 'a key of at least thirty-two bytes',
  LANDED_SEAL_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
};

describe('the processor as a process', () => {
  test('settings that are wrong: all of them said, exit 2', async () => {
    const { output, exited } = run({ SCORE_STEP: 'x', PROCESSOR_ROLES: 'none' });
    expect(await exited).toBe(2);
    for (const name of ['SCORE_STEP', 'PROCESSOR_ROLES', 'LANDED_HASH_KEY']) {
      expect(output()).toContain(name);
    }
  });

  test('--check-config: nothing is started, exit 0', async () => {
    expect(await run(KEYS, ['--check-config']).exited).toBe(0);
    expect(await run({}, ['--check-config']).exited).toBe(2);
  });

  test('its port taken: said, exit 1', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { output, exited } = run({ ...KEYS, PROCESSOR_OPS_PORT: String(port) });
    expect(await exited).toBe(1);
    expect(output()).toContain('PROCESSOR_OPS_PORT cannot be listened on');
    server.close();
  });

  describe('on a broker', () => {
    let harness: Harness;
    let env: Readonly<Record<string, string>>;
    let port: number;
    beforeAll(async () => {
      harness = await createHarness(stack);
      port = await freePort();
      env = {
        ...KEYS,
        KAFKA_BROKERS: stack.kafkaBrokers,
        SCHEMA_REGISTRY_URL: stack.registryUrl,
        KAFKA_TOPIC_PREFIX: harness.config.prefix,
        TOPIC_PARTITIONS: String(PARTITIONS),
        PROCESSOR_ROLES: 'score',
        PROCESSOR_OPS_PORT: String(port),
        PROCESSOR_STATE_DIR: harness.stateDir('process'),
      };
    });
    afterAll(async () => harness.close());

    const status = async (path: string): Promise<number> => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
      return answer?.status ?? 0;
    };

    test('it becomes ready, and SIGTERM ends it in order', async () => {
      const { child, output, exited } = run(env);
      await eventually('it is healthy', async () => (await status('/healthz')) === 200);
      await eventually('it is ready', async () => (await status('/readyz')) === 200);
      const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
      expect(await metrics.text()).toContain(
        'processor_task_state{partition="0",state="running"} 1',
      );
      child.kill('SIGTERM');
      expect(await exited).toBe(0);
      expect(output()).toContain('"msg":"stopped"');
      for (const line of output().trim().split('\n'))
        expect(() => void JSON.parse(line)).not.toThrow();
    });

    test('partition counts that differ are refused, exit 1', async () => {
      const { output, exited } = run({ ...env, TOPIC_PARTITIONS: '5' });
      expect(await exited).toBe(1);
      expect(output()).toContain('partition counts differ');
    });

    test('another hash key is refused once there is state, exit 1', async () => {
      const other = { ...env, LANDED_HASH_KEY: 'quite another key of thirty-two bytes or more' };
      const { output, exited } = run(other);
      expect(await exited).toBe(1);
      expect(output()).toContain('LANDED_HASH_KEY');
    });

    test('raw records lost to retention stop it with an alarm, exit 3', async () => {
      const { admin, producer, config } = harness;
      const topic = config.topics.raw;
      const messages = Array.from({ length: 5 }, () => ({ value: Buffer.from('x'), partition: 1 }));
      await producer.send({ topic, messages });
      const groupId = scoreGroup(config.prefix);
      await admin.setOffsets({ groupId, topic, partitions: [{ partition: 1, offset: '2' }] });
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '4' }] });
      const { output, exited } = run({ ...env, PROCESSOR_STATE_DIR: harness.stateDir('empty') });
      expect(await exited).toBe(3);
      expect(output()).toMatch(/raw records from offset 2 on are wanted, the oldest kept is 4/);
    });
  });

  test('it waits for the topics, and a second signal ends the wait at once', async () => {
    const port = await freePort();
    const harness = await createHarness(stack);
    const prefix = `${harness.config.prefix}later.`;
    const specs = topicSpecs({ prefix, partitions: PARTITIONS, replication: 1 });
    const { child, output, exited } = run({
      ...KEYS,
      KAFKA_BROKERS: stack.kafkaBrokers,
      SCHEMA_REGISTRY_URL: stack.registryUrl,
      KAFKA_TOPIC_PREFIX: prefix,
      TOPIC_PARTITIONS: String(PARTITIONS),
      PROCESSOR_ROLES: 'score',
      PROCESSOR_OPS_PORT: String(port),
      PROCESSOR_STATE_DIR: harness.stateDir('later'),
    });
    await eventually('it says what it waits for', () => output().includes('topics are missing'));
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
    expect(ready.status).toBe(503);
    await applyTopics(harness.admin, specs);
    // The topics are there, the schemas of this prefix are not: it waits for those too.
    await eventually('it has gone on', () => output().includes('schema ids'));
    child.kill('SIGTERM');
    child.kill('SIGTERM');
    expect([0, 1]).toContain(await exited);
    await harness.admin.deleteTopics({ topics: specs.map(({ name }) => name) });
    await harness.close();
  });
});
