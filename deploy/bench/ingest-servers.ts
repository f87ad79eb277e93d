import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../local/stack/ports.ts';
import type { BenchCluster } from './ingest-cluster.ts';

/**
 * `landed`: the service, whole. `bare`: node:http, HMAC, JSON.parse and a kafkajs producer in batches.
 * `benthos`: Benthos 4.27, tuned. `floor` and `express`: verify and answer, without Kafka.
 */
export const SERVERS = ['landed', 'bare', 'benthos', 'floor', 'express'] as const;
export type ServerName = (typeof SERVERS)[number];

/** What every server is told. */
export type ServerSettings = {
  readonly key: string;
  readonly cluster: BenchCluster;
  /** Settings of the service beside those of the cluster. */
  readonly env: Readonly<Record<string, string>>;
  /** The built Benthos. */
  readonly benthos: string;
};

export type RunningServer = {
  readonly pid: number;
  readonly port: number;
  readonly stop: () => Promise<void>;
};

const START_TIMEOUT_MS = 30_000;
const LOOK_TIMEOUT_MS = 1_000;
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** @returns program, arguments and settings of its own */
function launchOf(
  name: ServerName,
  port: number,
  opsPort: number,
  { benthos, env }: ServerSettings,
) {
  if (name === 'landed') {
    const own = { ...env, INGEST_PORT: String(port), INGEST_OPS_PORT: String(opsPort) };
    const main = file('../../ingest-service/src/main.ts');
    return { program: process.execPath, args: [main], own };
  }
  if (name === 'benthos') {
    const args = ['-c', file('peers/benthos/pipeline.yaml')];
    return { program: benthos, args, own: { GOGC: '400' } };
  }
  return { program: process.execPath, args: [file('peers/serve.ts'), name], own: {} };
}

/** Whether a server answers; the service says by itself when it can store. */
async function isAble(name: ServerName, port: number, opsPort: number): Promise<boolean> {
  const url =
    name === 'landed' ? `http://127.0.0.1:${opsPort}/readyz` : `http://127.0.0.1:${port}/`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
    const text = await answer.text();
    return name !== 'landed' || /"able":true,"kafka_connected":true/.test(text);
  } catch {
    // Not yet; who waits has a deadline.
    return false;
  }
}

/** Starts a server as a child and waits until it can answer. */
export async function startServer(
  name: ServerName,
  settings: ServerSettings,
): Promise<RunningServer> {
  const [port = 0, opsPort = 0] = await freePorts(2);
  const { program, args, own } = launchOf(name, port, opsPort, settings);
  if (!existsSync(program)) throw new Error(`${program} is not there`);
  const { cluster, key } = settings;
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      ...cluster.env,
      ...own,
      BENCH_PORT: String(port),
      BENCH_SIGNING_KEY: key,
      BENCH_BROKERS: cluster.brokers,
      BENCH_TOPIC: cluster.rawTopic,
    },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await isAble(name, port, opsPort))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error(`${name} does not listen`);
    }
    await sleep(100);
  }
  return { pid: child.pid ?? 0, port, stop };
}
