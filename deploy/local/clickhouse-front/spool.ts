import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Makes the folder where rows wait, in memory where there is such a file system. What a killed
 * front of the same data folder left there goes; the caller holds that folder's lock.
 */
export const makeSpoolFolder = (
  dataDir: string,
  parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir(),
): string => {
  const hash = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 16);
  const prefix = `landed-clickhouse-${hash}-`;
  for (const name of readdirSync(parent)) {
    if (name.startsWith(prefix)) rmSync(join(parent, name), { recursive: true, force: true });
  }
  return mkdtempSync(join(parent, prefix));
};

/** Gives bytes a file name for as long as `use` runs. */
export type Spool = <T>(bytes: Buffer, use: (file: string) => Promise<T>) => Promise<T>;

/** The engine reads rows from files only. The folder is best one in memory. */
export const createSpool =
  (dir: string): Spool =>
  async (bytes, use) => {
    const file = join(dir, randomUUID());
    await writeFile(file, bytes, { mode: 0o600 });
    try {
      return await use(file);
    } finally {
      await rm(file, { force: true });
    }
  };
