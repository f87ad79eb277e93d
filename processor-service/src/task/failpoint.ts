import type { CheckpointStep } from './checkpoint.ts';

/** `step:count`: die when the step is reached for that time. Tests set it, nobody else. */
export type Failpoint = { readonly step: CheckpointStep; readonly count: number };

/** Reads `step:count`; null when it is not of that form. */
export function parseFailpoint(text: string): Failpoint | null {
  const match = /^(begin|send|offsets|commit|store):(\d{1,9})$/.exec(text);
  if (match === null) return null;
  return { step: match[1] as CheckpointStep, count: Number(match[2]) };
}

/** The hook of a checkpoint: kills this process at the failpoint, else does nothing. */
export function createFailpoint(at: Failpoint | null): (step: CheckpointStep) => Promise<void> {
  if (at === null) return async () => Promise.resolve();
  let left = at.count;
  return async (step) => {
    if (step === at.step && --left === 0) {
      process.kill(process.pid, 'SIGKILL');
      // The signal is on its way: nothing more may happen here.
      await new Promise(() => undefined);
    }
  };
}
