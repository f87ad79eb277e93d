import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Kept by `--fresh`: the lock is held by us, and logs and secrets are no data. */
const kept = new Set(['lock.db', 'lock.db-journal', 'lock.pid', 'log', 'secrets.json']);

/** Removes the data of earlier runs from a folder whose lock we hold. */
export const emptyDataFolder = (dir: string): void => {
  for (const name of readdirSync(dir)) {
    if (!kept.has(name)) rmSync(join(dir, name), { recursive: true, force: true });
  }
};
