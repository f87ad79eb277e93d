import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadOrder, LoadReport } from './ingest-load.ts';
import type { Mount } from './ingest-mounts.ts';

export type MeasureOrder = {
  readonly mount: Mount;
  readonly isInMemory: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly key: string;
  readonly connections: number;
  readonly rate: number;
  readonly seconds: number;
  readonly warmUp: number;
};

export type Measurement = {
  /** CPU time of the server a request, user and system, µs. */
  readonly cpuUs: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssBytes: number;
  /** Answers other than "stored", warm-up included. */
  readonly failures: number;
};

type Usage = { readonly cpuUs: number; readonly rssBytes: number };

const ANSWER_TIMEOUT_MS = 60_000;
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The next message of a child; rejects when it ends before, or says nothing for a minute. */
function heard<T>(child: ChildProcess, message?: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => {
      clearTimeout(timer);
      reject(new Error(`a child of the measurement ended with code ${code ?? 'none'}`));
    };
    const timer = setTimeout(() => {
      reject(new Error('a child of the measurement does not answer'));
    }, ANSWER_TIMEOUT_MS);
    child.once('exit', onExit);
    child.once('message', (answer) => {
      clearTimeout(timer);
      child.off('exit', onExit);
      resolve(answer as T);
    });
    if (message) child.send(message);
  });
}

/** One measurement: a server, a sender, both processes of their own. */
export async function measure(order: MeasureOrder): Promise<Measurement> {
  const { mount, isInMemory, env, key, connections, rate, seconds, warmUp } = order;
  const args = [mount, isInMemory ? 'memory' : 'kafka'];
  const server = fork(file('./ingest-server.ts'), args, { env });
  const load = fork(file('./ingest-load.ts'), [], { env });
  try {
    const { port } = await heard<{ readonly port: number }>(server);
    const loadOrder: LoadOrder = {
      port,
      key,
      connections,
      warmUpMs: warmUp * 1000,
      durationMs: seconds * 1000,
      rate,
    };
    await heard<LoadReport>(load, loadOrder);
    const before = await heard<Usage>(server, {});
    const report = await heard<LoadReport>(load);
    const after = await heard<Usage>(server, {});
    return {
      cpuUs: (after.cpuUs - before.cpuUs) / report.requests,
      requestsPerSecond: report.requests / seconds,
      p50Ms: report.p50Ms,
      p99Ms: report.p99Ms,
      rssBytes: after.rssBytes,
      failures: report.failures,
    };
  } finally {
    server.kill('SIGKILL');
    load.kill('SIGKILL');
  }
}
