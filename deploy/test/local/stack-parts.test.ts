import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { missingEntries } from '../../local/complete-lock.mjs';
import { capLog, logTail, openLog } from '../../local/stack/child-log.ts';
import { awaitLeftovers, createChildRegister } from '../../local/stack/child-register.ts';
import { classArchive } from '../../local/stack/class-archive.ts';
import { takeFolderLock } from '../../local/stack/folder-lock.ts';
import { javaMajor } from '../../local/stack/java.ts';
import { kafkaProperties } from '../../local/stack/kafka-config.ts';
import { checkPorts, freePorts, isPortFree } from '../../local/stack/ports.ts';
import { defaultPorts, portClaims } from '../../local/stack/stack-ports.ts';
import { StackError } from '../../local/stack/stack-error.ts';
import { waitUntil } from '../../local/stack/wait-until.ts';

const dir = mkdtempSync(join(tmpdir(), 'landed-parts-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('ports', () => {
  test('a taken port is named with the setting that moves it, all of them at once', async () => {
    const servers = [createServer(), createServer()];
    const ports = await Promise.all(
      servers.map(
        (server) =>
          new Promise<number>((resolve) =>
            server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
          ),
      ),
    );
    const [kafka = 0, registry = 0] = ports;
    const [kafkaController = 0, free = 0, other = 0] = await freePorts(3);
    const wanted = {
      kafka,
      kafkaController,
      registry,
      clickhouse: free,
      clickhouseReadonly: other,
    };
    const claims = portClaims(wanted, ['kafka', 'registry', 'clickhouse']);
    await expect(checkPorts(claims)).rejects.toThrow(
      new RegExp(
        `Port ${kafka} \\(Kafka\\).*EMBEDDED_KAFKA_PORT.*\\nPort ${registry} .*EMBEDDED_REGISTRY_PORT`,
      ),
    );
    servers.forEach((server) => server.close());
    await expect.poll(() => isPortFree(kafka)).toBe(true);
    await checkPorts(claims.filter(({ port }) => port !== registry));
  });

  test('only the ports of the programs that start are claimed', () => {
    expect(portClaims(defaultPorts, ['registry']).map(({ port }) => port)).toEqual([18081]);
  });
});

describe('the lock of a folder', () => {
  const folder = join(dir, 'locked');
  const lockFile = new URL('../../local/stack/folder-lock.ts', import.meta.url).pathname;
  const holderSource = `
    import { takeFolderLock } from ${JSON.stringify(lockFile)};
    takeFolderLock(process.argv[2]);
    console.log('held');
    setInterval(() => undefined, 1000);`;

  test('keeps a second process out, and a killed holder does not keep it', async () => {
    const file = join(dir, 'holder.mts');
    writeFileSync(file, holderSource);
    const holder = spawn(process.execPath, [file, folder], { stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    expect(() => takeFolderLock(folder)).toThrow(
      `${folder} is in use by another run (process ${holder.pid ?? 0}).`,
    );
    holder.kill('SIGKILL');
    await new Promise((resolve) => holder.once('exit', resolve));
    takeFolderLock(folder).release();
  });

  test('is free again after release', () => {
    takeFolderLock(folder).release();
    const lock = takeFolderLock(folder);
    expect(() => takeFolderLock(folder)).toThrow(StackError);
    lock.release();
    lock.release();
  });
});

describe('processes of an earlier run', () => {
  const file = join(dir, 'children.json');
  const childOf = (pid: number) => ({ name: 'old', pid }) as never;

  test('are waited for', async () => {
    const sleeper = spawn('sleep', ['0.5']);
    createChildRegister(file).add(childOf(sleeper.pid ?? 0));
    const begin = performance.now();
    await awaitLeftovers(file);
    expect(performance.now() - begin).toBeGreaterThan(200);
  });

  test('are named when they stay', async () => {
    createChildRegister(file).add(childOf(process.pid));
    await expect(awaitLeftovers(file, 200)).rejects.toThrow(`old (process ${process.pid})`);
  });

  test('another process that was given the id is not taken for one', async () => {
    writeFileSync(file, JSON.stringify([{ name: 'old', pid: process.pid, startedAt: '1' }]));
    await awaitLeftovers(file, 200);
    writeFileSync(file, '[{"na');
    await awaitLeftovers(file, 200);
  });
});

describe('logs', () => {
  test('a large log moves aside while its writer goes on', () => {
    const file = join(dir, 'log', 'child.log');
    const descriptor = openLog(file);
    appendFileSync(descriptor, 'a'.repeat(100));
    expect(capLog(file, 1000)).toBe(false);
    expect(capLog(file, 50)).toBe(true);
    appendFileSync(descriptor, 'next\n');
    closeSync(descriptor);
    expect(readFileSync(file, 'utf8')).toBe('next\n');
    expect(statSync(`${file}.1`).size).toBe(100);
  });

  test('the tail is the last lines', () => {
    const file = join(dir, 'tail.log');
    writeFileSync(file, Array.from({ length: 2000 }, (_, line) => `line ${line}\n`).join(''));
    expect(logTail(file, 2)).toBe('line 1998\nline 1999');
    expect(logTail(join(dir, 'none.log'))).toBe('');
  });
});

describe('class archives', () => {
  const options = { artifactsDir: dir, program: 'p', javaVersion: 'java 17', pomHash: 'h' };

  test('are recorded once, kept after a clean exit, and then used', () => {
    const first = classArchive(options);
    expect(first.isRecording).toBe(true);
    const recording = first.flags[0]?.split('=')[1] ?? '';
    writeFileSync(recording, 'classes');
    first.keep();
    const second = classArchive(options);
    expect(second.isRecording).toBe(false);
    expect(readFileSync(second.flags[0]?.split('=')[1] ?? '', 'utf8')).toBe('classes');
  });

  test('do not serve another Java, and recordings of dead runs go', () => {
    const { pid } = spawnSync('true');
    const abandoned = join(dir, 'archives', `p-x.jsa.${pid}.tmp`);
    mkdirSync(join(dir, 'archives'), { recursive: true });
    writeFileSync(abandoned, '');
    expect(classArchive({ ...options, javaVersion: 'java 21' }).isRecording).toBe(true);
    expect(existsSync(abandoned)).toBe(false);
  });
});

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_392"', 8],
  ['openjdk version "25" 2025-09-16', 25],
  ['something else', undefined],
])('the major version in %s', (text, major) => {
  expect(javaMajor(text)).toBe(major);
});

test('the broker listens on loopback only and creates no topic by itself', () => {
  const lines = kafkaProperties('/data', { kafka: 1, kafkaController: 2 }).split('\n');
  expect(lines).toContain('listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2');
  expect(lines).toContain('auto.create.topics.enable=false');
  expect(lines).toContain('log.dirs=/data');
});

describe('waiting', () => {
  test('ends with success, with the failure, or with the deadline and its cause', async () => {
    let asked = 0;
    await waitUntil({
      what: 'x',
      everyMs: 1,
      deadlineMs: 5000,
      isDone: () => {
        asked += 1;
        return asked < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve(true);
      },
    });
    const never = { what: 'x', everyMs: 1, isDone: () => Promise.reject(new Error('why')) };
    await expect(waitUntil({ ...never, deadlineMs: 50 })).rejects.toMatchObject({
      message: 'x was not ready within 0 s.',
      cause: new Error('why'),
    });
    const failed = Promise.resolve(new StackError('died'));
    await expect(waitUntil({ ...never, deadlineMs: 5000, failed })).rejects.toThrow('died');
  });
});

describe('the lock file of npm', () => {
  test('names the optional packages of every platform', () => {
    const file = new URL('../../../package-lock.json', import.meta.url);
    const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, object> };
    expect(missingEntries(lock)).toEqual({});
  });

  test('a missing one is completed from its name', () => {
    const optionalDependencies = {
      '@x/lib-linux-arm64-musl': '1.2.3',
      '@x/lib-darwin-x64': '1.2.3',
      plain: '1.0.0',
      '@x/lib-win32-x64': '^1.0.0',
    };
    const entry = { version: '1.2.3', optional: true };
    expect(missingEntries({ packages: { 'node_modules/x': { optionalDependencies } } })).toEqual({
      'node_modules/@x/lib-linux-arm64-musl': {
        ...entry,
        os: ['linux'],
        cpu: ['arm64'],
        libc: ['musl'],
      },
      'node_modules/@x/lib-darwin-x64': { ...entry, os: ['darwin'], cpu: ['x64'] },
    });
  });
});
