/** At most so many at a time; the others wait in line. */
export type Gate = {
  readonly enter: () => Promise<void>;
  readonly leave: () => void;
};

/** Lets `count` in at a time, first come, first served. */
export function createGate(count: number): Gate {
  let free = count;
  const line: (() => void)[] = [];
  return {
    enter: () => {
      if (free > 0) {
        free -= 1;
        return Promise.resolve();
      }
      return new Promise((resolve) => line.push(resolve));
    },
    leave: () => {
      const next = line.shift();
      if (next === undefined) free += 1;
      else next();
    },
  };
}
