/*
 * Makes the tree runnable: installs what package-lock.json names when that has not happened yet.
 * Runs before everything else, so it is plain JavaScript without dependencies and runs on Node 20;
 * what it installs brings the Node that everything else runs on.
 *
 *   node deploy/local/bootstrap.mjs [--quiet]
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldestNodeMajor = 20;
const waitMsMax = 15 * 60_000;
const pollMs = 200;

const root = fileURLToPath(new URL('../..', import.meta.url));
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.landed-stamp');
// Written by npm at the end of every install.
const npmRecord = join(modules, '.package-lock.json');
// Not inside node_modules, because `npm ci` removes that folder.
const lockFile = join(root, '.stack', 'install.lock');
const isQuiet = process.argv.includes('--quiet');

/** Something the person at the terminal has to mend. */
class BootstrapError extends Error {}

const fail = (message) => {
  throw new BootstrapError(message);
};

const say = (message) => {
  if (!isQuiet) console.log(message);
};

/** Changes when any dependency or the platform does. */
const wantedStamp = () => {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  return hash.update(`${process.platform} ${process.arch}`).digest('hex');
};

/** Installed by us, or by hand since the lock file changed. */
const isInstalled = () => {
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8').trim() === wantedStamp())
    return true;
  if (!existsSync(npmRecord)) return false;
  return statSync(npmRecord).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
};

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** Process id in the lock file; 0 when the file went meanwhile. */
const readHolder = () => {
  try {
    return Number(readFileSync(lockFile, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return 0;
  }
};

/** Takes the lock, or says who has it. A link appears whole or not at all, its content included. */
const tryLock = () => {
  const own = `${lockFile}.${process.pid}`;
  writeFileSync(own, `${process.pid}\n`);
  try {
    linkSync(own, lockFile);
    return undefined;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return readHolder();
  } finally {
    rmSync(own, { force: true });
  }
};

const lock = () => {
  mkdirSync(dirname(lockFile), { recursive: true });
  const endsAt = Date.now() + waitMsMax;
  let isTold = false;
  for (;;) {
    const holder = tryLock();
    if (holder === undefined) return;
    if (holder > 0 && !isAlive(holder)) {
      // Left by a run that was killed. Only the file that still names the dead one goes.
      if (readHolder() === holder) rmSync(lockFile, { force: true });
      continue;
    }
    if (Date.now() > endsAt)
      fail(`Waited too long for process ${holder} to install; see ${lockFile}.`);
    if (!isTold) say('Another run is installing; waiting for it.');
    isTold = true;
    pause(pollMs);
  }
};

const checkNode = () => {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= oldestNodeMajor) return;
  fail(
    `Node ${process.versions.node} is too old: Node ${oldestNodeMajor} or newer is needed to install.`,
  );
};

const install = () => {
  const begin = Date.now();
  // Said even when quiet: this takes a while, and silence would look like a hang.
  console.error('Installing dependencies (npm ci), once...');
  // No install scripts: every native part comes ready built, and none of them needs one.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { error, status } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error?.code === 'ENOENT') fail('npm is missing. Install Node with npm, then run this again.');
  if (error) fail(`npm could not be started: ${error.message}`);
  if (status !== 0) fail(`npm ci failed (exit code ${status}). Its message stands above.`);
  writeFileSync(stampFile, `${wantedStamp()}\n`);
  console.error(`Installed in ${((Date.now() - begin) / 1000).toFixed(1)} s.`);
};

/** Where npm cannot fetch a Node of its own, the one at hand has to do. */
const checkPinnedNode = () => {
  if (existsSync(join(modules, '.bin', 'node'))) return;
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 24) return;
  fail(
    `No Node 24 for ${process.platform}-${process.arch} could be installed: put Node 24 or newer on the PATH.`,
  );
};

const main = () => {
  checkNode();
  if (!isInstalled()) {
    lock();
    try {
      if (!isInstalled()) install();
    } finally {
      rmSync(lockFile, { force: true });
    }
  }
  checkPinnedNode();
};

try {
  main();
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
