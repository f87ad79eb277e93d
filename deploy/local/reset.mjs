/*
 * Deletes the data of `npm start`. Refuses while a run holds it.
 *
 *   npm run reset
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dir = process.env.LANDED_DIR ?? join(root, '.landed');

const refuse = (holder) => {
  console.error(`${dir} is in use by another run${holder}. Stop that one first.`);
  process.exit(1);
};

const holderOf = (file) => {
  try {
    return ` (process ${readFileSync(file, 'utf8').trim()})`;
  } catch {
    return '';
  }
};

if (!existsSync(dir)) {
  console.log(`${dir}: nothing to delete.`);
  process.exit(0);
}
const { DatabaseSync } = await import('node:sqlite').catch(() => {
  console.error('This needs Node 24. Run `npm ci --ignore-scripts` first, which brings it.');
  process.exit(1);
});
const database = new DatabaseSync(join(dir, 'lock.db'));
try {
  database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
} catch {
  refuse(holderOf(join(dir, 'lock.pid')));
}
rmSync(dir, { recursive: true, force: true });
database.close();
console.log(`${dir}: deleted.`);
