/** Progress of a start, for whoever shows it. `ms` counts from the begin of the step. */
export type Step = {
  readonly name: string;
  readonly state: 'started' | 'done' | 'failed';
  readonly ms: number;
};

export type OnStep = (step: Step) => void;

/** Runs one step and reports when it began and how it ended. */
export const timedStep = async <T>(
  name: string,
  onStep: OnStep,
  run: () => Promise<T>,
): Promise<T> => {
  const begin = performance.now();
  const elapsed = (): number => Math.round(performance.now() - begin);
  onStep({ name, state: 'started', ms: 0 });
  try {
    const value = await run();
    onStep({ name, state: 'done', ms: elapsed() });
    return value;
  } catch (error) {
    onStep({ name, state: 'failed', ms: elapsed() });
    throw error;
  }
};
