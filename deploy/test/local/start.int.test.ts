import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { freePorts } from '../../local/stack/ports.ts';

/*
 * `npm start` as people use it, each run a process of its own on free ports: a finite run that
 * balances, again in the same folder, two at once, a killed parent, a taken port, Ctrl-C.
 */

const root = fileURLToPath(new URL('../../..', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'landed-start-'));
const runs: ChildProcessWithoutNullStreams[] = [];

const portSettings = [
  'EMBEDDED_KAFKA_PORT',
  'EMBEDDED_KAFKA_CONTROLLER_PORT',
  'EMBEDDED_REGISTRY_PORT',
  'EMBEDDED_CLICKHOUSE_PORT',
  'EMBEDDED_CLICKHOUSE_READONLY_PORT',
  'INGEST_PORT',
  'INGEST_OPS_PORT',
  'PROCESSOR_OPS_PORT',
];
const ports = await freePorts(portSettings.length);
const environment = Object.fromEntries(
  portSettings.map((name, index) => [name, String(ports[index])]),
);

afterAll(() => {
  for (const run of runs) run.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

const allChildren = ['clickhouse', 'ingest', 'kafka', 'processor', 'registry'];

type Run = {
  readonly child: ChildProcessWithoutNullStreams;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
};

const start = (args: readonly string[], more: Record<string, string> = {}): Run => {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [join(root, 'deploy/local/start.ts'), ...args], {
    cwd: root,
    env: { PATH, HOME, LANDED_DIR: dir, ...environment, ...more },
  });
  runs.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, output: () => text, ended };
};

const finish = async (run: Run): Promise<{ code: number | null; text: string }> => ({
  code: await run.ended,
  text: run.output(),
});

const isUp = (run: Run): Promise<void> =>
  expect.poll(run.output, { timeout: 60_000, interval: 100 }).toContain('first row after');

type Entry = { readonly name: string; readonly pid: number };

/** Processes of the system that the last run in this data folder started. */
const children = (): Entry[] =>
  ['children.json', 'stack/children.json'].flatMap(
    (file) => JSON.parse(readFileSync(join(dir, file), 'utf8')) as Entry[],
  );

const alive = (): number[] =>
  children()
    .map(({ pid }) => pid)
    .filter((pid) => {
      try {
        process.kill(pid, 0);
        return true;
      } catch {
        return false;
      }
    });

test(
  'balances, also after every child and then the parent were killed under traffic',
  { timeout: 600_000 },
  async () => {
    const finite = ['--events', '150', '--exit', '--rate', '100'];
    const first = await finish(start(finite));
    expect(first.text).toContain('first row after');
    expect(first.code, first.text).toBe(0);
    expect(alive()).toEqual([]);

    const live = start(['--rate', '50']);
    await isUp(live);
    const intruder = await finish(start([]));
    expect([intruder.code, intruder.text]).toEqual([
      1,
      `${dir} is in use by another run (process ${live.child.pid ?? 0}). Stop that one first.\n`,
    ]);
    const before = children();
    expect(before.map(({ name }) => name).sort()).toEqual(allChildren);
    for (const { pid } of before) process.kill(pid, 'SIGKILL');
    for (const { name } of before) {
      await expect.poll(live.output, { timeout: 60_000 }).toContain(`${name} is back`);
    }
    live.child.kill('SIGKILL');

    const verdict = await finish(start(finite));
    expect(verdict.code, verdict.text).toBe(0);
    expect(alive()).toEqual([]);
  },
);

test(
  'without traffic it prints a curl that works, and Ctrl-C ends it',
  { timeout: 120_000 },
  async () => {
    const run = start(['--no-traffic']);
    const curl = /^curl (?:.*\\\n)+.*$/m;
    await expect.poll(run.output, { timeout: 60_000, interval: 100 }).toMatch(curl);
    const answer = await promisify(execFile)('/bin/sh', ['-c', curl.exec(run.output())?.[0] ?? '']);
    expect(JSON.parse(answer.stdout)).toMatchObject({ status: 'stored' });
    await isUp(run);
    expect(alive()).toHaveLength(allChildren.length);
    run.child.kill('SIGINT');
    const stopped = await finish(run);
    expect(stopped.code, stopped.text).toBe(0);
    expect(alive()).toEqual([]);
  },
);

test('a taken port, a missing Java and unusable settings are told at once', async () => {
  const server = createServer();
  const port = Number(environment['EMBEDDED_REGISTRY_PORT']);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const taken = await finish(start([]));
  server.close();
  expect([taken.code, taken.text]).toEqual([
    1,
    `Port ${port} (schema registry) is taken. Stop what uses it, or set EMBEDDED_REGISTRY_PORT to a free port.\n`,
  ]);

  const noJava = await finish(start([], { PATH: '/nowhere' }));
  expect(noJava.code).toBe(1);
  expect(noJava.text).toContain('Java is missing.');

  const broken = { LANDED_HASH_KEY: 'short', TOPIC_PARTITIONS: 'many' };
  const unusable = await finish(start([], broken));
  expect(unusable.code).toBe(2);
  expect(unusable.text).toContain('LANDED_HASH_KEY');
  expect(unusable.text).toContain('TOPIC_PARTITIONS');

  expect((await finish(start(['--exit']))).code).toBe(2);
});
