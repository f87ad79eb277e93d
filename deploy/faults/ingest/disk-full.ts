import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { between, refusals } from './attempts.ts';
import type { Fault, FaultContext, Findings, Outcome } from './fault.ts';
import { wallNow } from './good-sender.ts';
import { recoversSoon, refusesAtOnce } from './laws.ts';
import { OWN_MOUNTS, mayMount, mountSmallDisk } from './small-disk.ts';
import type { SmallDisk } from './small-disk.ts';
import { tryFault } from './trial.ts';
import { openWorld } from './world.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
/** Enough for the broker's own files and some traffic. */
const DISK_BYTES = 192 * 1024 * 1024;
const FULL_MS = 12_000;
const KNOWN_AFTER_MS = 4_000;

async function fillAndFree(context: FaultContext, disk: SmallDisk, dir: string): Promise<Findings> {
  const world = await openWorld(dir);
  const { stack } = world;
  let fullAt = 0;
  let freeAt = 0;
  try {
    return await tryFault(
      { ...context, world: () => Promise.resolve(world) },
      {
        act: async () => {
          context.tell('disk-full: the disk of the broker is filled');
          fullAt = wallNow();
          disk.fill();
          await sleep(FULL_MS);
          disk.free();
          context.tell('disk-full: there is room again, the broker is started again');
          // A broker without a disk it can write to ends itself.
          await stack?.restart('kafka');
          freeAt = wallNow();
          return { figures: {} };
        },
        judge: ({ attempts }) => {
          const full = between(attempts, fullAt, freeAt);
          const known = between(attempts, fullAt + KNOWN_AFTER_MS, freeAt);
          const refused = refusals(full).length;
          return {
            laws: [
              {
                name: '503s while the disk was full',
                asked: 'some',
                measured: `${refused} of ${full.length}`,
                holds: refused > 0,
              },
              refusesAtOnce(known, `503 p99, from ${KNOWN_AFTER_MS / 1000} s on`),
              recoversSoon(attempts, { what: 'disk-full', beganAt: fullAt, endedAt: freeAt }),
            ],
            figures: {},
          };
        },
      },
    );
  } finally {
    await world.close();
  }
}

/** The same fault in a process with mounts of its own: nothing stays mounted, however it ends. */
async function inOwnMounts({ options, tell }: FaultContext): Promise<Outcome> {
  const args = ['-m', process.execPath, MAIN, 'disk-full', '--json', '--rate', `${options.rate}`];
  const child = spawn('unshare', args, {
    env: { ...process.env, [OWN_MOUNTS]: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr.on('data', (text: Buffer) => {
    for (const line of text.toString().trimEnd().split('\n')) tell(line.trim());
  });
  let text = '';
  child.stdout.on('data', (part: Buffer) => {
    text += part.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  const [report] = (JSON.parse(text) as { readonly reports: readonly Outcome[] }).reports;
  return report ?? { skipped: 'the process with mounts of its own told nothing' };
}

export const diskFull: Fault = {
  name: 'disk-full',
  about: 'the disk of the broker is full',
  run: async (context) => {
    if (process.env[OWN_MOUNTS] !== '1') {
      if (!mayMount()) return { skipped: 'needs root, and the right to mount a small disk' };
      return inOwnMounts(context);
    }
    const dir = mkdtempSync(join(tmpdir(), 'landed-full-'));
    const disk = mountSmallDisk(join(dir, 'stack', 'kafka', 'log'), DISK_BYTES);
    try {
      return await fillAndFree(context, disk, dir);
    } finally {
      disk.remove();
      rmSync(dir, { recursive: true, force: true });
    }
  },
};
