import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startOnLeash } from '../local/stack/leash.ts';
import type { Child } from '../local/stack/leash.ts';
import { freePorts } from '../local/stack/ports.ts';
import type { PlannedKill } from './kill-plan.ts';

type Failpoint = Extract<PlannedKill, { target: 'failpoint' }>;

export type ProcessorsOptions = {
  readonly dir: string;
  readonly logDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly count: number;
  /** Failpoints, one for each start until none is left. */
  readonly failpoints: readonly Failpoint[];
  readonly onDeath: (name: string, code: number, failpoint: Failpoint | null) => void;
};

/** Processor processes that are started again whenever they die. */
export interface Processors {
  readonly start: () => Promise<void>;
  /** kill -9 of one of them. */
  readonly kill: (index: number) => void;
  /** SIGSTOP, and SIGCONT after a while. */
  readonly pause: (index: number, ms: number) => Promise<void>;
  /** Partitions that some process works on right now. */
  readonly partitionsRunning: () => Promise<number>;
  readonly stop: () => Promise<void>;
  /** Failpoints that no process has died at yet. */
  readonly failpointsLeft: () => number;
  readonly stateDirs: readonly string[];
}

type Slot = {
  readonly name: string;
  readonly port: number;
  child: Child | null;
  failpoint: Failpoint | null;
};

const MAIN = fileURLToPath(new URL('../../processor-service/src/main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const STOP_MS = 30_000;

const RUNNING = /^processor_task_state\{partition="\d+",state="running"\} 1$/gm;

/** A process that does not answer works on nothing. */
async function countRunning({ port }: Slot): Promise<number> {
  try {
    const url = `http://127.0.0.1:${port}/metrics`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return (await answer.text()).match(RUNNING)?.length ?? 0;
  } catch {
    return 0;
  }
}

async function countAllRunning(slots: readonly Slot[]): Promise<number> {
  const running = await Promise.all(slots.map(countRunning));
  return running.reduce((sum, one) => sum + one, 0);
}

export async function createProcessors(options: ProcessorsOptions): Promise<Processors> {
  const ports = await freePorts(options.count);
  const slots: Slot[] = ports.map((port, index) => ({
    name: `processor-${index}`,
    port,
    child: null,
    failpoint: null,
  }));
  const stateDirOf = ({ name }: Slot): string => join(options.dir, name);
  const waiting = [...options.failpoints];
  let isStopping = false;

  const spawn = async (slot: Slot): Promise<void> => {
    slot.failpoint = waiting.shift() ?? null;
    const { failpoint } = slot;
    const armed =
      failpoint === null ? {} : { LANDED_FAILPOINT: `${failpoint.step}:${failpoint.count}` };
    const child = await startOnLeash({
      name: slot.name,
      command: process.execPath,
      args: [MAIN],
      cwd: ROOT,
      logFile: join(options.logDir, `${slot.name}.log`),
      env: {
        ...options.env,
        PROCESSOR_STATE_DIR: stateDirOf(slot),
        PROCESSOR_OPS_PORT: String(slot.port),
        ...armed,
      },
    });
    slot.child = child;
    void child.exited.then(async ({ code }) => {
      if (slot.child !== child || isStopping) return;
      options.onDeath(slot.name, code, slot.failpoint);
      await spawn(slot);
    });
  };
  const stop = async (slot: Slot): Promise<void> => {
    const { child } = slot;
    slot.child = null;
    await child?.stop(STOP_MS);
  };

  return {
    stateDirs: slots.map(stateDirOf),
    start: async () => {
      isStopping = false;
      for (const slot of slots) await spawn(slot);
    },
    kill: (index) => {
      const slot = slots[index % slots.length];
      // Killed from outside, it did not reach its failpoint: the next start gets it.
      if (slot?.failpoint) waiting.unshift(slot.failpoint);
      if (slot) slot.failpoint = null;
      slot?.child?.kill('SIGKILL');
    },
    pause: async (index, ms) => {
      const child = slots[index % slots.length]?.child;
      child?.kill('SIGSTOP');
      await sleep(ms);
      child?.kill('SIGCONT');
    },
    partitionsRunning: async () => countAllRunning(slots),
    stop: async () => {
      isStopping = true;
      await Promise.all(slots.map(stop));
    },
    failpointsLeft: () =>
      waiting.length + slots.filter(({ failpoint }) => failpoint !== null).length,
  };
}
