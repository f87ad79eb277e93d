import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readLedger } from '../../traffic/ledger.ts';
import type { LedgerEntry } from '../../traffic/ledger.ts';
import { startReceiver } from './receiver.ts';
import type { Receiver } from './receiver.ts';

const KEY = 'a-signing-key-of-this-test';
const MAIN = join(import.meta.dirname, '../../traffic/main.ts');

let folder: string;
let receiver: Receiver;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traffic-'));
  receiver = await startReceiver(KEY);
  await writeFile(join(folder, 'key'), `${KEY}\n`);
});
afterEach(async () => {
  await receiver.close();
  await rm(folder, { recursive: true });
});

function start(
  ...options: string[]
): ChildProcess & { text: () => string; complaints: () => string } {
  const ledger = join(folder, 'ledger');
  const given = ['--url', receiver.url.href, '--workspace', 'acme', '--ledger', ledger, ...options];
  const child = spawn(process.execPath, [MAIN, ...given], {
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let complaints = '';
  child.stdout.on('data', (part: Buffer) => (text += part.toString()));
  child.stderr.on('data', (part: Buffer) => (complaints += part.toString()));
  return Object.assign(child, { text: () => text, complaints: () => complaints });
}

async function entries(): Promise<LedgerEntry[]> {
  const all: LedgerEntry[] = [];
  for await (const entry of readLedger(join(folder, 'ledger'))) all.push(entry);
  return all;
}

const withKey = ['--key-file'] as const;

describe('the traffic command', () => {
  test('a finite run exits 0 once all is acknowledged, and tells its progress in JSON', async () => {
    const child = start(...withKey, join(folder, 'key'), '--events', '150', '--rate', '100');
    expect(await once(child, 'close')).toEqual([0, null]);
    const lines = child
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({ at: 'start', run: 1, events: 150, rate: 100, seed: '1' });
    expect(lines.some(({ at }) => at === 'progress')).toBe(true);
    expect(lines.at(-1)).toMatchObject({ at: 'end', sent: 150, acknowledged: 150, waiting: 0 });
    expect(receiver.received).toHaveLength(150);
  });

  test('killed, it leaves a ledger that knows of everything that arrived', async () => {
    const child = start(...withKey, join(folder, 'key'), '--rate', '500');
    while (receiver.received.length < 100) await once(child.stdout!, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    const known = new Set((await entries()).map(({ bodySha256 }) => bodySha256));
    const arrived = receiver.received.map(({ body }) =>
      createHash('sha256').update(body).digest('hex'),
    );
    expect(arrived.filter((sha) => !known.has(sha))).toEqual([]);
  });

  test('stopped before its end, a finite run exits 1 and an endless one 0', async () => {
    for (const [options, code] of [
      [['--events', '100000'], 1],
      [[], 0],
    ] as const) {
      const child = start(...withKey, join(folder, 'key'), ...options);
      await once(child.stdout!, 'data');
      child.kill('SIGTERM');
      expect(await once(child, 'close')).toEqual([code, null]);
    }
  });

  test('settings that cannot be used are all listed, exit 2', async () => {
    const child = start('--rate', '0', '--events', 'many', ...withKey, '/does/not/exist');
    expect(await once(child, 'close')).toEqual([2, null]);
    for (const name of ['TRAFFIC_RATE', 'TRAFFIC_EVENTS', 'TRAFFIC_SIGNING_KEY_FILE']) {
      expect(child.complaints()).toContain(name);
    }
  });
});
