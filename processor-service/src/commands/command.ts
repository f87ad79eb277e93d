import type { Command } from 'commander';
import type { Environment } from '@landed/schemas/settings';
import type { Input } from './read-input.ts';

/** What a command works with: the caller's environment, and where its answer goes. */
export type Shell = {
  readonly env: Environment;
  /** The caller's standard input. */
  readonly input: () => Input;
  readonly print: (text: string) => void;
  /** Says how the command ended; without it, well. */
  readonly end: (code: ExitCode) => void;
};

/** How a command ends: done, done with a bad answer, or asked wrongly. */
export const EXIT = { good: 0, bad: 1, usage: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One command of `landed`: adds itself to the program. */
export type AddCommand = (program: Command, shell: Shell) => void;
