import type { Child } from './leash.ts';

export type ProgramName = 'kafka' | 'registry' | 'clickhouse';

/** One server of the stack, able to start again on the same data and ports. */
export interface Program {
  readonly name: ProgramName;
  /** Resolves once the process runs; `ready` says when it serves. */
  start: () => Promise<Child>;
  /** Resolves when the server answers. Rejects with a StackError when it cannot. */
  ready: (child: Child) => Promise<void>;
  /** How long a stop may take before KILL. */
  stopGraceMs: () => number;
  /** Called after the process ended, with its exit code. */
  ended: (code: number) => void;
}

export type ProgramDeps = {
  /** Folder of this program's data. */
  readonly dir: string;
  readonly logFile: string;
};
