type EmitWarning = (warning: string | Error, ...rest: unknown[]) => void;

const isTimerNoise = (warning: string | Error, rest: readonly unknown[]): boolean => {
  const [type] = rest;
  const name = typeof type === 'string' ? type : warning instanceof Error ? warning.name : '';
  return name === 'TimeoutNegativeWarning';
};

/**
 * Drops one warning: kafkajs 2.2.4 sets a timer with a negative delay for every queued request
 * (network/requestQueue), which Node 24 reports and treats as 1 ms. All others pass.
 */
export const quietKafkaTimers = (): void => {
  const emit = process.emitWarning.bind(process) as EmitWarning;
  const filtered: EmitWarning = (warning, ...rest) => {
    if (!isTimerNoise(warning, rest)) emit(warning, ...rest);
  };
  process.emitWarning = filtered;
};
