import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { avroSchemaText } from '@landed/schemas/avro';
import { createDecoder } from '@landed/schemas/codec';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { createCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { PATH, event, exchange, request, signedLines } from './raw-http.ts';
import { SIGNING_KEY, minimalEnv } from './settings.ts';

/* The service as a process: signals, exit codes, and a rolling restart under load. */

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'landed-process-'));
const running = new Set<ChildProcess>();
let cluster: Cluster;

beforeAll(async () => {
  cluster = await createCluster(inject('stack'));
});
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});
afterAll(async () => {
  await cluster.remove();
  rmSync(dir, { recursive: true, force: true });
});

type Instance = {
  readonly child: ChildProcess;
  readonly port: number;
  readonly opsPort: number;
  readonly exited: Promise<number | null>;
  readonly output: () => string;
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

function launch(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[] = [],
): Pick<Instance, 'child' | 'exited' | 'output'> {
  const path = process.env['PATH'];
  const child = spawn(process.execPath, [main, ...args], { env: { PATH: path, ...env } });
  running.add(child);
  let output = '';
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const exited = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return { child, exited, output: () => output };
}

async function start(
  more: Record<string, string | undefined> = {},
  ports?: { readonly port: number; readonly opsPort: number },
): Promise<Instance> {
  const { port, opsPort } = ports ?? { port: await freePort(), opsPort: await freePort() };
  const launched = launch({
    ...minimalEnv,
    ...cluster.env,
    INGEST_PORT: String(port),
    INGEST_OPS_PORT: String(opsPort),
    INGEST_STATE_DIR: join(dir, String(port)),
    INGEST_DRAIN_MS: '600',
    ...more,
  });
  const isAble = async (): Promise<boolean> => {
    const answer = await fetch(`http://127.0.0.1:${opsPort}/readyz`).catch(() => null);
    return answer !== null && ((await answer.json()) as { readonly able: boolean }).able;
  };
  await expect.poll(isAble, { timeout: 20_000, interval: 50 }).toBe(true);
  return { ...launched, port, opsPort };
}

describe('starting', () => {
  test('--check-config says that the settings are usable', async () => {
    const { exited, output } = launch(minimalEnv, ['--check-config']);
    expect(await exited).toBe(0);
    expect(output()).toContain('usable');
  });

  test('unusable settings: every problem at once, exit 2, no secret shown', async () => {
    const { exited, output } = launch({
      ...minimalEnv,
      LANDED_HASH_KEY: 'hunter2',
      CUSTOMERIO_SIGNING_KEYS: 'acme:tiger',
      INGEST_PORT: 'x',
    });
    expect(await exited).toBe(2);
    for (const name of ['LANDED_HASH_KEY', 'CUSTOMERIO_SIGNING_KEYS', 'INGEST_PORT']) {
      expect(output()).toContain(`- ${name}: `);
    }
    expect(output()).not.toMatch(/hunter2|tiger/);
  });

  test('partition counts that differ from the contract: exit 2', async () => {
    const { exited, output } = launch({
      ...minimalEnv,
      ...cluster.env,
      TOPIC_PARTITIONS: '5',
      INGEST_PORT: '0',
      INGEST_OPS_PORT: '0',
      INGEST_STATE_DIR: dir,
    });
    expect(await exited).toBe(2);
    expect(output()).toContain('partition counts differ');
  });

  test('a port that is taken: exit 1, said in words', async () => {
    const first = await start();
    const second = launch({
      ...minimalEnv,
      ...cluster.env,
      INGEST_PORT: String(first.port),
      INGEST_OPS_PORT: '0',
    });
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain('EADDRINUSE');
  });
});

describe('signals', () => {
  test('SIGHUP takes new keys from their file; unusable ones change nothing', async () => {
    const keys = join(dir, 'keys');
    const next = 'cio-test-signing-key-2';
    writeFileSync(keys, `acme:${SIGNING_KEY}\n`);
    const instance = await start({
      CUSTOMERIO_SIGNING_KEYS: undefined,
      CUSTOMERIO_SIGNING_KEYS_FILE: keys,
    });
    const statusWith = async (key: string): Promise<number | undefined> => {
      const bytes = request('{}', { lines: signedLines('{}', key) });
      return (await exchange(instance.port, { parts: [bytes], answers: 1 })).statuses[0];
    };
    expect(await statusWith(next)).toBe(401);
    writeFileSync(keys, `acme:${SIGNING_KEY},${next}`);
    instance.child.kill('SIGHUP');
    await expect.poll(() => statusWith(next)).toBe(200);
    writeFileSync(keys, 'acme:short');
    instance.child.kill('SIGHUP');
    await expect.poll(instance.output).toContain('keeping the old ones');
    expect(await statusWith(SIGNING_KEY)).toBe(200);
  });

  test('a key is rotated by its file under traffic: old, both, new; not one call is refused', async () => {
    const keys = join(dir, 'rotated');
    const next = 'cio-test-signing-key-2';
    writeFileSync(keys, `acme:${SIGNING_KEY}`);
    const instance = await start({
      CUSTOMERIO_SIGNING_KEYS: undefined,
      CUSTOMERIO_SIGNING_KEYS_FILE: keys,
      INGEST_SECRETS_RELOAD_SECONDS: '1',
    });
    const sender = { key: SIGNING_KEY, isOn: true };
    const statuses = new Map<number, number>();
    const send = async (): Promise<void> => {
      while (sender.isOn) {
        const bytes = request('{}', { lines: signedLines('{}', sender.key) });
        const answer = await exchange(instance.port, { parts: [bytes], answers: 1 });
        for (const status of answer.statuses) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const sending = Promise.all([send(), send(), send()]);
    const isInUse = (count: number) => (): boolean =>
      instance.output().split('signing keys in use').length > count;
    await expect.poll(isInUse(1), { timeout: 5000 }).toBe(true);
    writeFileSync(keys, `acme:${SIGNING_KEY},${next}`);
    await expect.poll(isInUse(2), { timeout: 5000 }).toBe(true);
    // The sender goes on with the old key for a while, and is noticed.
    await expect.poll(instance.output, { timeout: 5000 }).toContain('signed with an old key');
    sender.key = next;
    await new Promise((resolve) => setTimeout(resolve, 300));
    // As a mounted secret is replaced: by renaming.
    writeFileSync(`${keys}.new`, `acme:${next}`);
    renameSync(`${keys}.new`, keys);
    await expect.poll(isInUse(3), { timeout: 5000 }).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 300));
    sender.isOn = false;
    await sending;
    expect([...statuses.keys()]).toEqual([200]);
    expect(statuses.get(200)).toBeGreaterThan(50);
  });

  test('the time of an old key ends under traffic, the sender being on the new one: none is refused', async () => {
    const keys = join(dir, 'timed');
    const next = 'cio-test-signing-key-2';
    const notAfter = new Date(Date.now() + 6000);
    const list = [
      { workspace: 'acme', key: SIGNING_KEY, not_after: notAfter.toISOString() },
      { workspace: 'acme', key: next },
    ];
    writeFileSync(keys, `${JSON.stringify(list, null, 2)}\n`);
    const instance = await start({
      CUSTOMERIO_SIGNING_KEYS: undefined,
      CUSTOMERIO_SIGNING_KEYS_FILE: keys,
    });
    const statusWith = async (key: string): Promise<number | undefined> => {
      const bytes = request('{}', { lines: signedLines('{}', key) });
      return (await exchange(instance.port, { parts: [bytes], answers: 1 })).statuses[0];
    };
    const isOver = (): boolean => Date.now() > notAfter.getTime();
    expect([isOver(), await statusWith(SIGNING_KEY)]).toEqual([false, 200]);
    const statuses = { before: new Map<unknown, number>(), after: new Map<unknown, number>() };
    let isOn = true;
    const send = async (): Promise<void> => {
      while (isOn) {
        const counts = statuses[isOver() ? 'after' : 'before'];
        const status = await statusWith(next);
        counts.set(status, (counts.get(status) ?? 0) + 1);
      }
    };
    const sending = Promise.all([send(), send(), send()]);
    const sent = (): number => statuses.after.get(200) ?? 0;
    await expect.poll(sent, { timeout: 20_000 }).toBeGreaterThan(100);
    expect(await statusWith(SIGNING_KEY)).toBe(401);
    isOn = false;
    await sending;
    expect([...statuses.before.keys(), ...statuses.after.keys()]).toEqual([200, 200]);
    expect(instance.output()).toContain('SIGNED WITH A KEY OUTSIDE ITS TIME');
    expect(instance.output()).not.toContain(next);
  });

  test('renewed ranges are taken when their file changes', async () => {
    const file = join(dir, 'ranges.json');
    const put = (address: string): void => {
      const region = { date: '2027-01-02', lists: [{ origin: 'a test', addresses: [address] }] };
      const regions = { us: region, eu: region };
      writeFileSync(`${file}.new`, JSON.stringify({ source: 'a test', regions }));
      renameSync(`${file}.new`, file);
    };
    put('192.0.2.1');
    const instance = await start({
      INGEST_ALLOWLIST_MODE: 'enforce',
      INGEST_ALLOWLIST: 'customerio-us',
      INGEST_RANGES_FILE: file,
      INGEST_SECRETS_RELOAD_SECONDS: '1',
    });
    const status = async (): Promise<number | undefined> =>
      (await exchange(instance.port, { parts: [request('{}')], answers: 1 })).statuses[0];
    expect(await status()).toBe(401);
    put('127.0.0.1');
    await expect.poll(status, { timeout: 5000 }).toBe(200);
    writeFileSync(file, '<html>');
    await expect.poll(instance.output, { timeout: 5000 }).toContain('keeping the old ones');
    expect(await status()).toBe(200);
  });

  test('a second signal ends at once', async () => {
    const instance = await start({ INGEST_DRAIN_MS: '60000' });
    instance.child.kill('SIGTERM');
    await expect.poll(instance.output).toContain('draining');
    instance.child.kill('SIGTERM');
    expect(await instance.exited).toBe(1);
  });
});

/** Sends at a steady pace to whoever is ready, as a balancer does; each call once. */
function createBalancedLoad(instances: () => readonly Instance[]) {
  // By port: a fresh instance takes the place of the old one.
  const agents = new Map<number, Agent>();
  const ready = new Map<number, Instance>();
  const acknowledged: string[] = [];
  const failures: string[] = [];
  const calls: Promise<void>[] = [];
  let at = 0;
  const look = async (instance: Instance): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${instance.opsPort}/readyz`).catch(() => null);
    const isReady =
      answer?.status === 200 && ((await answer.json()) as { readonly able: boolean }).able;
    if (isReady) ready.set(instance.port, instance);
    else ready.delete(instance.port);
  };
  const send = (instance: Instance, id: string): Promise<void> =>
    new Promise((resolve) => {
      const agent = agents.get(instance.port) ?? new Agent({ keepAlive: true });
      agents.set(instance.port, agent);
      const body = event(id);
      const headers = Object.fromEntries(signedLines(body).map((line) => line.split(': ')));
      const fail = (word: string): void => {
        failures.push(`${id}: ${word}`);
        resolve();
      };
      httpRequest(
        { host: '127.0.0.1', port: instance.port, path: PATH, method: 'POST', agent, headers },
        (answer) => {
          answer.resume();
          if (answer.statusCode === 200) acknowledged.push(id);
          else fail(`status ${answer.statusCode ?? 0}`);
          answer.on('end', resolve);
        },
      )
        .on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
        .end(body);
    });
  const looking = setInterval(() => void Promise.all(instances().map(look)), 40);
  const sending = setInterval(() => {
    const targets = [...ready.values()];
    const target = targets[at % Math.max(1, targets.length)];
    if (target) calls.push(send(target, `rolling-${(at += 1)}`));
  }, 4);
  return {
    acknowledged,
    failures,
    isReady: ({ port }: Instance) => ready.has(port),
    stop: async (): Promise<void> => {
      clearInterval(looking);
      clearInterval(sending);
      await Promise.all(calls);
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

test('a rolling restart of a pair under load: none refused, none reset, all stored', async () => {
  let pair = [await start(), await start()];
  const load = createBalancedLoad(() => pair);
  await expect.poll(() => load.acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(50);
  for (const at of [0, 1, 0, 1]) {
    const old = pair[at]!;
    old.child.kill('SIGTERM');
    expect(await old.exited).toBe(0);
    const fresh = await start({}, old);
    pair = pair.map((instance) => (instance === old ? fresh : instance));
    await expect.poll(() => load.isReady(fresh), { timeout: 10_000 }).toBe(true);
  }
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.acknowledged.length).toBeGreaterThan(300);
  const records = await cluster.readAll(cluster.names.raw);
  const decoder = createDecoder('RawWebhook', () => Promise.resolve(avroSchemaText('RawWebhook')));
  await decoder.prepare(records.map((record) => record.value));
  const ids = records.map((record) => decoder.decode(record.value).event_id);
  const rolling = ids.filter((id) => id.startsWith('rolling-'));
  expect(rolling.sort()).toEqual([...load.acknowledged].sort());
});

/** Whether the kernel hands connections that wait at a closing port to the others on it. */
function isHandedOver(): boolean {
  const file = '/proc/sys/net/ipv4/tcp_migrate_req';
  return existsSync(file) && readFileSync(file, 'utf8').trim() === '1';
}

const unless = isHandedOver() ? '' : ' (skipped: net.ipv4.tcp_migrate_req is not 1 here)';
const takingOver = `a new process takes over a shared port under load: none refused, none reset${unless}`;
test.skipIf(unless !== '')(takingOver, async () => {
  const shared = { INGEST_SHARED_PORT: 'on' };
  let current = await start(shared);
  const load = createBalancedLoad(() => [current]);
  await expect.poll(() => load.acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(50);
  for (let count = 0; count < 3; count += 1) {
    const old = current;
    current = await start(shared, { port: old.port, opsPort: await freePort() });
    await expect.poll(() => load.isReady(current), { timeout: 10_000 }).toBe(true);
    old.child.kill('SIGTERM');
    expect(await old.exited).toBe(0);
  }
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.acknowledged.length).toBeGreaterThan(300);
});
