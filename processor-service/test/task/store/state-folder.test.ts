import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { assertFreeSpace } from '../../../src/task/store/free-space.ts';
import { readBootId, takeOwnerLock } from '../../../src/task/store/owner-lock.ts';
import { openStateFolder } from '../../../src/task/store/state-folder.ts';
import type { StateFolderOptions } from '../../../src/task/store/state-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'landed-folder-'));
let count = 0;
afterAll(() => rmSync(root, { recursive: true, force: true }));

const HOUR_MS = 3_600_000;

const options = (more: Partial<StateFolderOptions> = {}): StateFolderOptions => ({
  dir: join(root, `p${count++}`),
  identity: { clusterId: 'c', topic: 'raw', partition: 3, hashKey: 'f1' },
  bootId: 'boot-1',
  now: 1_000_000_000,
  checkpointAgeMaxMs: HOUR_MS,
  ...more,
});

async function filled(given: StateFolderOptions): Promise<void> {
  const folder = await openStateFolder(given);
  const profiles = new Map([['w/a', { value: Buffer.from('v'), timerAt: null }]]);
  folder.store.apply(
    { profiles, deliveries: new Map() },
    {
      inputNext: 1n,
      clock: 2,
      profilesNext: 3n,
      deliveriesNext: 4n,
      writtenAt: given.now,
      schemaIds: [],
    },
  );
  await folder.close();
}

/** What is found when the folder is opened again with some things different. */
async function reopened(
  given: StateFolderOptions,
  more: Partial<StateFolderOptions>,
): Promise<{ discarded: string | null; kept: boolean }> {
  const folder = await openStateFolder({ ...given, ...more });
  const kept = folder.store.profile('w/a') !== null;
  await folder.close();
  return { discarded: folder.discarded, kept };
}

describe('state folder', () => {
  test('a new folder is empty, and nothing was thrown away', async () => {
    const folder = await openStateFolder(options());
    expect(folder.discarded).toBeNull();
    expect(folder.store.checkpoint()).toBeNull();
    await folder.close();
  });

  test('after an orderly stop the store is kept, over a restart of the machine too', async () => {
    const given = options();
    await filled(given);
    expect(await reopened(given, { bootId: 'boot-2' })).toEqual({ discarded: null, kept: true });
  });

  const unclean = (dir: string): void => rmSync(join(dir, 'clean.json'));

  test('after a kill within the same boot it is kept', async () => {
    const given = options();
    await filled(given);
    unclean(given.dir);
    expect(await reopened(given, {})).toEqual({ discarded: null, kept: true });
  });

  const identity = options().identity;
  test.each<[string, Partial<StateFolderOptions>, boolean, RegExp]>([
    ['another boot after an unclean stop', { bootId: 'boot-2' }, true, /restarted/],
    ['another cluster', { identity: { ...identity, clusterId: 'd' } }, false, /another cluster/],
    ['another topic', { identity: { ...identity, topic: 'x.raw' } }, false, /another cluster/],
    ['an old checkpoint', { now: 1_000_000_000 + HOUR_MS + 1 }, false, /older than tombstones/],
    ['what the caller says', { discard: 'said so' }, false, /said so/],
  ])('%s: thrown away', async (_name, more, isUnclean, reason) => {
    const given = options();
    await filled(given);
    if (isUnclean) unclean(given.dir);
    const found = await reopened(given, more);
    expect(found.discarded).toMatch(reason);
    expect(found.kept).toBe(false);
  });

  test('another layout: thrown away', async () => {
    const given = options();
    await filled(given);
    const path = join(given.dir, 'identity.json');
    const found = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...found, layout: 0 }));
    expect((await reopened(given, {})).discarded).toMatch(/layout/);
  });

  test('another hash key: refused, and nothing is thrown away', async () => {
    const given = options();
    await filled(given);
    const other = { ...given, identity: { ...given.identity, hashKey: 'f2' } };
    await expect(openStateFolder(other)).rejects.toMatchObject({ retriable: false });
    expect(await reopened(given, {})).toEqual({ discarded: null, kept: true });
  });

  test('it is opened once at a time', async () => {
    const given = options();
    const folder = await openStateFolder(given);
    await expect(openStateFolder(given)).rejects.toMatchObject({ retriable: true });
    await folder.close();
    await (await openStateFolder(given)).close();
  });
});

describe('owner lock', () => {
  const bootId = readBootId();
  const lockPath = (): string => join(root, `lock-${count++}`);

  test('a living owner keeps it, a dead one does not', async () => {
    const path = lockPath();
    const child = spawn('sleep', ['60']);
    const stat = readFileSync(`/proc/${String(child.pid)}/stat`, 'utf8');
    const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    writeFileSync(path, JSON.stringify({ pid: child.pid, startedAt, bootId }));
    expect(() => takeOwnerLock(path, bootId)).toThrow(/held by process/);
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    takeOwnerLock(path, bootId)();
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ['a process that took over the pid', { pid: process.pid, startedAt: '1', bootId }],
    ['a process of another boot', { pid: process.pid, startedAt: '1', bootId: 'other' }],
    ['half a file', 'half'],
  ])('%s is not the owner', (_name, owner) => {
    const path = lockPath();
    writeFileSync(path, typeof owner === 'string' ? '{"pid"' : JSON.stringify(owner));
    takeOwnerLock(path, bootId)();
  });
});

test('free space is asked for before it is needed', () => {
  assertFreeSpace(root, 1);
  expect(() => assertFreeSpace(root, Number.MAX_SAFE_INTEGER)).toThrow(/MiB are free/);
});
