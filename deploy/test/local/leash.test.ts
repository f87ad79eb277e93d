import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { startOnLeash, type Child } from '../../local/stack/leash.ts';

const dir = mkdtempSync(join(tmpdir(), 'landed-leash-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A killed process stays as a zombie until someone asks for its exit.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

const logFile = join(dir, 'child.log');
const start = (script: string): Promise<Child> =>
  startOnLeash({ name: 'test', command: '/bin/sh', args: ['-c', script], logFile });

const logged = (text: string): Promise<void> =>
  expect.poll(() => readFileSync(logFile, 'utf8')).toContain(text);

describe('a child on its leash', () => {
  test('reports its own id and exit code, and its output goes to the log', async () => {
    const child = await start('echo "I am $$"; exit 7');
    expect(await child.exited).toEqual({ code: 7 });
    expect(child.isRunning()).toBe(false);
    expect(readFileSync(logFile, 'utf8')).toContain(`I am ${child.pid}\n`);
  });

  test('reports a death by signal as 128 + signal', async () => {
    const child = await start('sleep 60');
    child.kill('SIGKILL');
    expect(await child.exited).toEqual({ code: 137 });
    child.kill('SIGTERM');
  });

  test('stops by TERM, and by KILL when TERM is ignored', async () => {
    const polite = await start(
      'trap "exit 3" TERM; echo polite listens; while :; do sleep 0.05; done',
    );
    await logged('polite listens');
    expect(await polite.stop()).toEqual({ code: 3 });
    const deaf = await start('trap "" TERM; echo deaf listens; while :; do sleep 0.05; done');
    await logged('deaf listens');
    expect(await deaf.stop(300)).toEqual({ code: 137 });
    expect(isAlive(deaf.pid)).toBe(false);
  });

  test('a command that does not exist ends with 127', async () => {
    const child = await startOnLeash({ name: 'x', command: 'no-such-command', args: [], logFile });
    expect(await child.exited).toEqual({ code: 127 });
  });

  test('stands back as told, and keeps its own id', async () => {
    const args = ['-c', 'echo "nice $$ $(nice)"'];
    const options = { name: 'x', command: '/bin/sh', args, logFile, niceness: 7 };
    const child = await startOnLeash(options);
    expect(await child.exited).toEqual({ code: 0 });
    const own = getPriority();
    expect(readFileSync(logFile, 'utf8')).toContain(`nice ${child.pid} ${own + 7}\n`);
  });

  test('has nothing on its standard input', async () => {
    const child = await start('cat; exit 5');
    expect(await child.exited).toEqual({ code: 5 });
  });
});

/** A parent of its own, which prints the ids of leash and command, then waits. */
const parentSource = `
import { startOnLeash } from ${JSON.stringify(new URL('../../local/stack/leash.ts', import.meta.url).pathname)};
const child = await startOnLeash({ name: 't', command: 'sleep', args: ['60'], logFile: process.argv[2] });
console.log(child.pid);
setInterval(() => undefined, 1000);
`;

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'a child does not outlive a parent that dies of %s',
  async (signal) => {
    const parentFile = join(dir, 'parent.mts');
    writeFileSync(parentFile, parentSource);
    const parent = spawn(process.execPath, [parentFile, logFile], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
    });
    expect(isAlive(pid)).toBe(true);
    parent.kill(signal);
    await expect.poll(() => isAlive(pid), { timeout: 15_000 }).toBe(false);
  },
);

test('a command does not outlive its leash', async () => {
  const child = await start('sleep 60');
  const leashPid = Number(readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ')[3]);
  process.kill(leashPid, 'SIGKILL');
  expect(await child.exited).toEqual({ code: 137 });
  await expect.poll(() => isAlive(child.pid), { timeout: 15_000 }).toBe(false);
});
