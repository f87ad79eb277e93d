import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

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
