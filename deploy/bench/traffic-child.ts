import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TrafficLine } from '../traffic/run-traffic.ts';
import type { Progress } from '../traffic/sent-counts.ts';

const MAIN = new URL('../traffic/main.ts', import.meta.url).pathname;
/** A small nursery: the sender makes much short-lived garbage, and its size shall not drift with it. */
const NODE_OPTIONS = ['--max-semi-space-size=2'];

export type TrafficChild = {
  readonly pid: number;
  /** Path of the ledger file, once the run has begun. */
  readonly ledgerFile: Promise<string>;
  /** What it told last. */
  readonly progress: () => Progress | null;
  /** Exit code; the totals stand in `progress` by then. */
  readonly ended: Promise<number>;
  readonly stop: () => void;
};

/**
 * Starts the traffic sender as a process of its own, as it runs in earnest. It stops by itself when
 * this process is gone, since nobody reads what it tells.
 */
export function startTraffic(
  env: Readonly<Record<string, string>>,
  options: readonly string[],
): TrafficChild {
  const child = spawn(process.execPath, [...NODE_OPTIONS, MAIN, ...options], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last: Progress | null = null;
  const lines = createInterface({ input: child.stdout });
  const ledgerFile = new Promise<string>((resolve, reject) => {
    lines.on('line', (text) => {
      const line = JSON.parse(text) as TrafficLine;
      if (line.at === 'start') resolve(line.ledger);
      else last = line;
    });
    lines.once('close', () => reject(new Error('the traffic sender ended before it began')));
  });
  // Whoever needs the file sees the rejection; nobody may need it.
  ledgerFile.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    ledgerFile,
    progress: () => last,
    ended: once(child, 'close').then(([code]) => (code as number | null) ?? -1),
    stop: () => child.kill('SIGTERM'),
  };
}
