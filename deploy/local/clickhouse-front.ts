import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEngine } from './clickhouse-front/engine.ts';
import { createFront } from './clickhouse-front/front.ts';
import { makeSpoolFolder } from './clickhouse-front/spool.ts';
import { takeFolderLock } from './stack/folder-lock.ts';

const stopDeadlineMs = 8000;

const readOptions = (): { dir: string; port: number; readonlyPort: number } => {
  const { values } = parseArgs({
    options: {
      dir: { type: 'string' },
      port: { type: 'string' },
      'readonly-port': { type: 'string' },
    },
  });
  const { dir, port, 'readonly-port': readonlyPort } = values;
  if (dir === undefined || port === undefined || readonlyPort === undefined) {
    throw new Error('usage: clickhouse-front.ts --dir <folder> --port <n> --readonly-port <n>');
  }
  return { dir, port: Number(port), readonlyPort: Number(readonlyPort) };
};

/** The ClickHouse engine (chdb) as a server of its own on loopback. Ends on TERM or INT. */
const main = async (): Promise<void> => {
  const { dir, port, readonlyPort } = readOptions();
  const lock = takeFolderLock(dir);
  const spoolDir = makeSpoolFolder(dir);
  const dataDir = join(dir, 'data');
  mkdirSync(dataDir, { recursive: true });
  const engine = await openEngine(dataDir, spoolDir);
  const fronts = [
    { front: createFront(engine, false), at: port },
    { front: createFront(engine, true), at: readonlyPort },
  ];
  await Promise.all(fronts.map(({ front, at }) => front.listen(at)));
  console.log(`clickhouse ${engine.version} on 127.0.0.1:${port}, read only on ${readonlyPort}`);

  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    // A query that does not end must not keep the process: what it wrote is on disk already.
    setTimeout(() => process.exit(1), stopDeadlineMs).unref();
    await Promise.all(fronts.map(({ front }) => front.close()));
    await engine.close();
    rmSync(spoolDir, { recursive: true, force: true });
    lock.release();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
};

await main();
