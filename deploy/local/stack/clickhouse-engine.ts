import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { childFailure } from './child-failure.ts';
import { startOnLeash } from './leash.ts';
import type { Program, ProgramDeps } from './program.ts';
import { waitUntil } from './wait-until.ts';

const readyDeadlineMs = 60_000;
const frontFile = fileURLToPath(new URL('../clickhouse-front.ts', import.meta.url));

/** The ClickHouse engine behind its HTTP front, in a process of its own. */
export const createClickhouseEngine = (
  deps: ProgramDeps & { readonly port: number; readonly readonlyPort: number },
): Program => {
  const { dir, logFile, port, readonlyPort } = deps;
  return {
    name: 'clickhouse',
    start: () => {
      mkdirSync(dir, { recursive: true });
      const options = ['--dir', dir, '--port', port, '--readonly-port', readonlyPort];
      return startOnLeash({
        name: 'clickhouse',
        command: process.execPath,
        args: ['--disable-warning=ExperimentalWarning', frontFile, ...options.map(String)],
        // The engine's calls occupy one thread of the pool each while they run.
        // Its allocators give freed pages back at once: over ten minutes that halves the growth.
        env: {
          ...process.env,
          UV_THREADPOOL_SIZE: '24',
          MALLOC_ARENA_MAX: '4',
          JE_MALLOC_CONF: 'dirty_decay_ms:0,muzzy_decay_ms:0,narenas:2',
        },
        // A merge takes every processor it finds; an acknowledgement must not wait for one.
        niceness: 10,
        logFile,
      });
    },
    ready: (child) =>
      waitUntil({
        what: 'clickhouse',
        isDone: async () => {
          const url = `http://127.0.0.1:${port}/?query=SELECT%201`;
          const answer = await fetch(url, { signal: AbortSignal.timeout(3000) });
          return answer.status === 200;
        },
        deadlineMs: readyDeadlineMs,
        failed: childFailure(child, logFile),
      }),
    stopGraceMs: () => 10_000,
    ended: () => undefined,
  };
};
