import type { Command } from 'commander';

/** One command of `landed`: adds itself to the program. */
export type AddCommand = (program: Command) => void;

/** How a command ends: done, done with a bad answer, or asked wrongly. */
export const EXIT = { good: 0, bad: 1, usage: 2 } as const;
