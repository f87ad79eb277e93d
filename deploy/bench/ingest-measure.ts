import { startChild } from '../child.ts';
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

/** One measurement of a server that runs, with a sender of its own. */
export async function measure(order: MeasureOrder): Promise<Measurement> {
  const { serverPid, brokerPid, ...rest } = order;
  const loadOrder: LoadOrder = rest;
  const sender = startChild(new URL('./ingest-load.ts', import.meta.url));
  const look = () => ({
    server: cpuUs(serverPid),
    broker: brokerPid === null ? NaN : cpuUs(brokerPid),
    sender: cpuUs(sender.pid),
  });
  try {
    sender.tell(loadOrder);
    await sender.report<LoadReport>(ANSWER_TIMEOUT_MS);
    const before = look();
    const report = await sender.report<LoadReport>(ANSWER_TIMEOUT_MS);
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
    sender.stop();
  }
}
