import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadOrder, LoadReport } from './ingest-load.ts';
import { cpuUs } from './cpu-time.ts';
import { readMemory } from './memory.ts';

export type MeasureOrder = LoadOrder & {
  readonly serverPid: number;
  readonly brokerPid: number | null;
};

/** CPU time, user and system, µs a request. */
export type Measurement = {
  readonly serverUs: number;
  /** NaN when the broker is not ours. */
  readonly brokerUs: number;
  readonly senderUs: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssBytes: number;
  /** Answers other than 200, warm-up included. */
  readonly failures: number;
};

const ANSWER_TIMEOUT_MS = 120_000;

/** The next report of the sender; rejects when it ends before, or says nothing for two minutes. */
function heard(child: ChildProcess, order?: LoadOrder): Promise<LoadReport> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => {
      clearTimeout(timer);
      reject(new Error(`the sender ended with code ${code ?? 'none'}`));
    };
    const timer = setTimeout(() => {
      reject(new Error('the sender does not report'));
    }, ANSWER_TIMEOUT_MS);
    child.once('exit', onExit);
    child.once('message', (answer) => {
      clearTimeout(timer);
      child.off('exit', onExit);
      resolve(answer as LoadReport);
    });
    if (order) child.send(order);
  });
}

/** One measurement of a server that runs, with a sender of its own. */
export async function measure(order: MeasureOrder): Promise<Measurement> {
  const { serverPid, brokerPid, ...loadOrder } = order;
  const sender = fork(fileURLToPath(new URL('./ingest-load.ts', import.meta.url)));
  const senderPid = sender.pid ?? 0;
  const look = () => ({
    server: cpuUs(serverPid),
    broker: brokerPid === null ? NaN : cpuUs(brokerPid),
    sender: cpuUs(senderPid),
  });
  try {
    await heard(sender, loadOrder);
    const before = look();
    const report = await heard(sender);
    const after = look();
    return {
      serverUs: (after.server - before.server) / report.requests,
      brokerUs: (after.broker - before.broker) / report.requests,
      senderUs: (after.sender - before.sender) / report.requests,
      requestsPerSecond: report.requests / (order.durationMs / 1000),
      p50Ms: report.p50Ms,
      p99Ms: report.p99Ms,
      rssBytes: readMemory(serverPid)?.residentBytes ?? NaN,
      failures: report.failures,
    };
  } finally {
    sender.kill('SIGKILL');
  }
}
