/** Waits of one length, all on one timer: they end in the order they began. */
export type Patience = {
  /** @returns ends the wait before its time */
  readonly wait: (onOver: () => void) => () => void;
};

type Wait = { readonly endsAt: number; readonly onOver: () => void };

/** @param timeoutMs length of each wait */
export function createPatience(timeoutMs: number): Patience {
  const waits = new Set<Wait>();
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    timer = undefined;
    const now = performance.now();
    for (const wait of waits) {
      if (wait.endsAt > now) {
        timer = setTimeout(arm, wait.endsAt - now).unref();
        return;
      }
      waits.delete(wait);
      wait.onOver();
    }
  };
  return {
    wait: (onOver) => {
      const wait = { endsAt: performance.now() + timeoutMs, onOver };
      waits.add(wait);
      timer ??= setTimeout(arm, timeoutMs).unref();
      return () => waits.delete(wait);
    },
  };
}
