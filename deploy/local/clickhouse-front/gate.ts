/** Lets a bounded number of tasks run at once, and a bounded number wait. */
export interface Gate {
  /** Runs the task when there is room. @throws GateFullError at once when too many wait already */
  pass: <T>(task: () => Promise<T>) => Promise<T>;
}

export class GateFullError extends Error {
  override readonly name = 'GateFullError';
}

export const createGate = (runningMax: number, waitingMax: number): Gate => {
  let running = 0;
  const waiting: (() => void)[] = [];
  const enter = async (): Promise<void> => {
    if (running < runningMax) {
      running += 1;
      return;
    }
    if (waiting.length >= waitingMax) throw new GateFullError(`More than ${waitingMax} wait`);
    // The one who leaves hands its place over, so `running` stays as it is.
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  return {
    pass: async (task) => {
      await enter();
      try {
        return await task();
      } finally {
        leave();
      }
    },
  };
};
