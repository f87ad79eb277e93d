import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A small file system in memory, which can be filled to its last byte and emptied again. */
export type SmallDisk = {
  readonly fill: () => void;
  readonly free: () => void;
  readonly remove: () => void;
};

const MIB = 1024 * 1024;
const FILL_BYTES_MAX = 1024 * MIB;

/** Set for a process that has mounts of its own, which vanish with it. */
export const OWN_MOUNTS = 'LANDED_FAULTS_OWN_MOUNTS';

/** Whether this machine lets us mount: root, and `unshare` with mounts of its own. */
export function mayMount(): boolean {
  const tried = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  return tried.status === 0;
}

/** Mounts a file system of so many bytes on a folder, for this process and its children. */
export function mountSmallDisk(dir: string, bytes: number): SmallDisk {
  mkdirSync(dir, { recursive: true });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', dir]);
  if (mounted.status !== 0) throw new Error(`no small disk: ${mounted.stderr.toString()}`);
  const filler = join(dir, 'filler');
  return {
    fill: () => {
      const file = openSync(filler, 'a');
      const chunk = Buffer.alloc(64 * 1024, 1);
      try {
        for (let written = 0; written < FILL_BYTES_MAX;) written += writeSync(file, chunk);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
    remove: () => void spawnSync('umount', ['-l', dir]),
  };
}
