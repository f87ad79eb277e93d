import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, expect, test } from 'vitest';

/* The bootstrap in a tree of its own, with an `npm` that only notes that it was called. */

const dir = mkdtempSync(join(tmpdir(), 'landed-bootstrap-'));
const root = join(dir, 'tree');
const bin = join(dir, 'bin');
const calls = join(dir, 'calls');
const lockFile = join(root, '.stack', 'install.lock');
const script = join(root, 'deploy/local/bootstrap.mjs');

const npmSource = `#!/bin/sh
echo "$*" >> ${calls}
/bin/sleep 0.3
[ -e ${dir}/broken ] && exit 7
/bin/rm -rf node_modules
/bin/mkdir node_modules
echo installed > node_modules/.package-lock.json
`;

beforeEach(() => {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(root, 'deploy/local'), { recursive: true });
  mkdirSync(bin);
  const original = fileURLToPath(new URL('../../local/bootstrap.mjs', import.meta.url));
  copyFileSync(original, script);
  writeFileSync(join(root, 'package-lock.json'), '{}');
  writeFileSync(join(bin, 'npm'), npmSource);
  chmodSync(join(bin, 'npm'), 0o755);
  writeFileSync(calls, '');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

type Ended = { readonly code: number | null; readonly text: string };

const bootstrap = (args: readonly string[] = [], path = bin): Promise<Ended> => {
  const child = spawn(process.execPath, [script, ...args], { env: { PATH: path } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
};

const installs = (): number =>
  readFileSync(calls, 'utf8').trim().split('\n').filter(Boolean).length;

test('installs once, without scripts, and is silent from then on', async () => {
  const first = await bootstrap();
  expect(first.code, first.text).toBe(0);
  expect(readFileSync(calls, 'utf8')).toContain('ci --ignore-scripts');
  expect(await bootstrap(['--quiet'])).toEqual({ code: 0, text: '' });
  expect(await bootstrap()).toEqual({ code: 0, text: '' });
  expect(installs()).toBe(1);
});

test('installs again when the lock file changed', async () => {
  await bootstrap();
  writeFileSync(join(root, 'package-lock.json'), '{"changed":true}');
  const later = new Date(Date.now() + 60_000);
  utimesSync(join(root, 'package-lock.json'), later, later);
  await bootstrap();
  expect(installs()).toBe(2);
});

test('what was installed by hand since then is good enough', async () => {
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'node_modules/.package-lock.json'), '');
  expect((await bootstrap()).code).toBe(0);
  expect(installs()).toBe(0);
});

test('two at once: one installs, the other waits', async () => {
  const both = await Promise.all([bootstrap(), bootstrap()]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(installs()).toBe(1);
  expect(both.some(({ text }) => text.includes('Another run is installing'))).toBe(true);
  expect(existsSync(lockFile)).toBe(false);
});

test('the lock of a run that was killed does not keep anybody', async () => {
  mkdirSync(join(root, '.stack'));
  writeFileSync(lockFile, `${spawnSync('/bin/true').pid}\n`);
  expect((await bootstrap()).code).toBe(0);
  expect(installs()).toBe(1);
});

test('a failed install is told, and the next run tries again', async () => {
  writeFileSync(join(dir, 'broken'), '');
  const failed = await bootstrap();
  expect([failed.code, failed.text]).toEqual([1, expect.stringContaining('exit code 7')]);
  expect(existsSync(lockFile)).toBe(false);
  rmSync(join(dir, 'broken'));
  expect((await bootstrap()).code).toBe(0);
});

test('a missing npm is told in one line', async () => {
  const { code, text } = await bootstrap(['--quiet'], '/nowhere');
  expect([code, text.trim().split('\n').at(-1)]).toEqual([
    1,
    'npm is missing. Install Node with npm, then run this again.',
  ]);
  expect(existsSync(lockFile)).toBe(false);
});
