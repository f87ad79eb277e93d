/** A rate from a count that only grows, over the last seconds. */
export interface Rate {
  /** Takes the count at an instant (ms) and gives the events a second since some seconds ago. */
  at: (count: number, now: number) => number;
}

const windowMs = 5000;

/** A count that falls back (its process started again) begins anew. */
export const createRate = (): Rate => {
  let points: { readonly count: number; readonly now: number }[] = [];
  return {
    at: (count, now) => {
      const last = points.at(-1);
      if (last !== undefined && count < last.count) points = [];
      points = [...points.filter((point) => now - point.now <= windowMs), { count, now }];
      const first = points[0];
      if (first === undefined || first.now === now) return 0;
      return ((count - first.count) * 1000) / (now - first.now);
    },
  };
};
