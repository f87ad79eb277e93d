import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { OperationError } from '@landed/schemas/fate';

/** Who holds a folder. A process is the same one only with its start time: pids are used again. */
type Owner = { readonly pid: number; readonly startedAt: string; readonly bootId: string };

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // Absent, or not to be had on this system (/proc): the caller does without.
    if ((error as NodeJS.ErrnoException).code !== undefined) return null;
    throw error;
  }
};

/** Start time of a process in clock ticks after boot; `''` where the system does not say. */
function startTimeOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  // The name in parentheses may hold anything; the 20th field after it is the start time.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** Names this boot of the machine; `''` where the system does not say. */
export function readBootId(): string {
  return readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

function isAlive(owner: Owner, bootId: string): boolean {
  if (owner.bootId !== bootId) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startTimeOf(owner.pid) === owner.startedAt;
}

function parseOwner(text: string): Owner | null {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    // Half a file, left by a crash while it was written: nobody's.
    return null;
  }
}

/** Moves a dead owner's lock away, and puts it back when it was replaced in the meantime. */
function removeStale(path: string, seen: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readText(aside) !== seen) linkSync(aside, path);
  rmSync(aside, { force: true });
}

/**
 * Takes a lock file that names its owner, from a dead owner too.
 *
 * @returns what gives it back
 * @throws OperationError, retriable, while a living process (this one included) holds it
 */
export function takeOwnerLock(path: string, bootId: string): () => void {
  const own = `${path}.${process.pid}`;
  const owner: Owner = { pid: process.pid, startedAt: startTimeOf(process.pid), bootId };
  writeFileSync(own, JSON.stringify(owner));
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        linkSync(own, path);
        return () => rmSync(path, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const text = readText(path);
      if (text === null) continue;
      const held = parseOwner(text);
      if (held !== null && isAlive(held, bootId)) {
        throw new OperationError(`${path} is held by process ${held.pid}`, { retriable: true });
      }
      removeStale(path, text);
    }
  } finally {
    rmSync(own, { force: true });
  }
  throw new OperationError(`${path} is contended`, { retriable: true });
}
