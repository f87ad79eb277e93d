import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuUs } from '../../bench/cpu-time.ts';
import { readMemory } from '../../bench/memory.ts';
import { startOnLeash } from '../../local/stack/leash.ts';
import { freePorts } from '../../local/stack/ports.ts';
import { waitUntil } from '../../local/stack/wait-until.ts';
import { childFailure } from '../../local/stack/child-failure.ts';
import type { World } from './world.ts';

/** What the process holds and has used. */
export type Vitals = {
  readonly residentBytes: number;
  readonly descriptors: number;
  /** User and system time since its start. */
  readonly cpuMs: number;
};

/** One ingest process. */
export type Instance = {
  readonly port: number;
  readonly opsPort: number;
  readonly pid: number;
  readonly vitals: () => Vitals;
  /** SIGTERM; resolves with the exit code, 0 after a whole drain. */
  readonly stop: () => Promise<number>;
};

export type Ports = { readonly port: number; readonly opsPort: number };

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MAIN = fileURLToPath(new URL('../../../ingest-service/src/main.ts', import.meta.url));
const READY_MS = 30_000;
const STOP_MS = 30_000;
/** A small nursery, as the embedded system runs it: what memory grows by is then not garbage. */
const NODE_FLAGS = ['--disable-warning=TimeoutNegativeWarning', '--max-semi-space-size=4'];

/** True when the instance can store webhooks. Rejects when it does not answer. */
export async function isAble(opsPort: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${opsPort}/readyz`, {
    signal: AbortSignal.timeout(1000),
  });
  const { able } = (await answer.json()) as { readonly able: boolean };
  return answer.status === 200 && able;
}

/** Ports for one instance, which stay free while it restarts. */
export async function instancePorts(): Promise<Ports> {
  const [port = 0, opsPort = 0] = await freePorts(2);
  return { port, opsPort };
}

/** Starts ingest as a process of its own; resolves when it can store. */
export async function startInstance(
  world: World,
  env: Readonly<Record<string, string>> = {},
  ports?: Ports,
): Promise<Instance> {
  const { port, opsPort } = ports ?? (await instancePorts());
  const logFile = join(world.dir, `ingest-${port}.log`);
  const child = await startOnLeash({
    name: 'ingest',
    command: process.execPath,
    args: [...NODE_FLAGS, MAIN],
    cwd: ROOT,
    logFile,
    env: {
      ...world.env,
      INGEST_PORT: String(port),
      INGEST_OPS_PORT: String(opsPort),
      INGEST_STATE_DIR: join(world.dir, `state-${port}`),
      INGEST_DRAIN_MS: '500',
      ...env,
    },
  });
  const stop = async (): Promise<number> => (await child.stop(STOP_MS)).code;
  try {
    await waitUntil({
      what: 'ingest',
      isDone: () => isAble(opsPort),
      deadlineMs: READY_MS,
      failed: childFailure(child, logFile),
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    opsPort,
    pid: child.pid,
    stop,
    vitals: () => ({
      residentBytes: readMemory(child.pid)?.residentBytes ?? 0,
      descriptors: readdirSync(`/proc/${child.pid}/fd`).length,
      cpuMs: cpuUs(child.pid) / 1000,
    }),
  };
}
