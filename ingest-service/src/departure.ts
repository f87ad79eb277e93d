/** How fast the memory of a busy moment fades, per batch. */
const PEAK_FADE = 0.9;
/** A batch leaves when this share of the busiest recent moment is waiting. */
const PEAK_SHARE = 0.8;

/**
 * Remembers how many records were waiting or on their way at the busiest recent moment. A lone
 * sender that waits for each answer never waits here; many senders wait for each other, a little.
 */
export function createCrowd(): {
  readonly saw: (records: number) => void;
  readonly wanted: () => number;
} {
  let peak = 1;
  return {
    saw: (records) => {
      peak = Math.max(records, peak * PEAK_FADE);
    },
    wanted: () => peak * PEAK_SHARE,
  };
}

/**
 * Lets a batch leave: at once, or after a short wait for companions. "At once" is the end of this
 * turn of the event loop, so that requests read in the same turn leave together.
 */
export function createDeparture(
  waitMs: number,
  leave: () => void,
): { readonly soon: () => void; readonly later: () => void } {
  let waiting: NodeJS.Timeout | undefined;
  let leaving: NodeJS.Immediate | undefined;
  const depart = (): void => {
    clearTimeout(waiting);
    clearImmediate(leaving);
    waiting = undefined;
    leaving = undefined;
    leave();
  };
  return {
    soon: () => {
      leaving ??= setImmediate(depart);
    },
    later: () => {
      waiting ??= setTimeout(depart, waitMs);
    },
  };
}

/** Calls `sweep` at the earliest deadline it was told of, which gives the next one or Infinity. */
export function createAlarm(sweep: (now: number) => number): {
  readonly by: (deadlineAt: number) => void;
  readonly stop: () => void;
} {
  let timer: NodeJS.Timeout | undefined;
  let ringsAt = Infinity;
  const by = (deadlineAt: number): void => {
    if (deadlineAt >= ringsAt) return;
    clearTimeout(timer);
    ringsAt = deadlineAt;
    timer = setTimeout(ring, Math.max(1, deadlineAt - performance.now()));
  };
  const ring = (): void => {
    ringsAt = Infinity;
    by(sweep(performance.now()));
  };
  return { by, stop: () => clearTimeout(timer) };
}
