import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../local/stack/wait-until.ts';
import type { Stack } from '../../local/stack/stack.ts';
import { isAlive } from '../../local/stack/is-alive.ts';
import { outageFault } from './outage.ts';
import type { StopSignal } from './fault.ts';

const STOP_MS = 20_000;
const brokerPid = (stack: Stack): number =>
  stack.processes().find(({ name }) => name === 'kafka')?.pid ?? 0;

/** Stops the broker by a signal, starts it again after a while. */
const stopped =
  (signal: StopSignal) =>
  async (stack: Stack, ms: number): Promise<void> => {
    const pid = brokerPid(stack);
    const startAgainAt = performance.now() + ms;
    stack.kill('kafka', signal);
    await waitUntil({
      what: 'the end of the broker',
      isDone: () => Promise.resolve(!isAlive(pid)),
      deadlineMs: STOP_MS,
    });
    await sleep(Math.max(0, startAgainAt - performance.now()));
    await stack.restart('kafka');
  };

const WORDS: Readonly<Record<StopSignal, string>> = { SIGTERM: 'SIGTERM', SIGKILL: 'kill -9' };

export const brokerStopped = outageFault(
  'broker-stopped',
  'the broker is stopped, in order and by kill -9, and started again',
  ({ stopSignals }) =>
    stopSignals.map((signal) => ({ what: WORDS[signal], suffer: stopped(signal) })),
);
