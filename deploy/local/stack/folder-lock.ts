import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StackError } from './stack-error.ts';

export interface FolderLock {
  release: () => void;
}

const holderOf = (noteFile: string): string => {
  try {
    return ` (process ${readFileSync(noteFile, 'utf8').trim()})`;
  } catch {
    return '';
  }
};

/**
 * Takes the exclusive lock of a data folder.
 *
 * The lock is SQLite's on an open file, so the kernel frees it however the holder dies: a stale
 * lock cannot exist. Not for network file systems.
 *
 * @throws StackError when another process holds it
 */
export const takeFolderLock = (dir: string): FolderLock => {
  mkdirSync(dir, { recursive: true });
  const noteFile = join(dir, 'lock.pid');
  const database = new DatabaseSync(join(dir, 'lock.db'));
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new StackError(
      `${dir} is in use by another run${holderOf(noteFile)}. Stop that one first.`,
      { cause: error },
    );
  }
  writeFileSync(noteFile, `${process.pid}\n`);
  let isHeld = true;
  return {
    release: () => {
      if (!isHeld) return;
      isHeld = false;
      rmSync(noteFile, { force: true });
      database.close();
    },
  };
};
