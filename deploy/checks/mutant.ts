/** A wrong version of the core: one place of one file, written wrong on purpose. */
export type Mutant = {
  /** Under `processor-service/src/core/`. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly from: string;
  readonly to: string;
  /** What a careless change would have done. */
  readonly what: string;
};

export const mutant = (file: string, from: string, to: string, what: string): Mutant => ({
  file,
  from,
  to,
  what,
});
