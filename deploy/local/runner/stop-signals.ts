/** Aborted by the first signal to end; a later one ends the process at once. */
export interface StopSignals {
  readonly signal: AbortSignal;
  /** Exit code by custom of the signal that came, undefined when none did. */
  exitCode: () => number | undefined;
}

const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** One Ctrl-C may arrive twice: from the terminal, and passed on by npm. */
const sameKeyMs = 1000;

export const watchStopSignals = (
  source: Pick<NodeJS.Process, 'on'>,
  now: () => number,
  exit: (code: number) => void,
): StopSignals => {
  const stopping = new AbortController();
  let first: { readonly code: number; readonly at: number } | undefined;
  for (const [name, code] of Object.entries(codes)) {
    source.on(name as keyof typeof codes, () => {
      if (first === undefined) {
        first = { code, at: now() };
        stopping.abort();
      } else if (now() - first.at > sameKeyMs) exit(code);
    });
  }
  return { signal: stopping.signal, exitCode: () => first?.code };
};
