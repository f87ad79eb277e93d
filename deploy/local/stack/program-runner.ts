import { createChildRegister } from './child-register.ts';
import type { Child, ChildExit } from './leash.ts';
import type { Program, ProgramName } from './program.ts';

export type StackProcess = { readonly name: ProgramName; readonly pid: number };
export type ExitListener = (name: ProgramName, exit: ChildExit) => void;

/** Starts, restarts and stops the programs of one stack. */
export interface ProgramRunner {
  /** Resolves when the program serves. */
  launch: (program: Program) => Promise<void>;
  processes: () => StackProcess[];
  kill: (name: ProgramName, signal: NodeJS.Signals) => void;
  restart: (name: ProgramName) => Promise<void>;
  onExit: (listener: ExitListener) => void;
  stop: () => Promise<void>;
}

type Running = { readonly program: Program; readonly child: Child; isExpectedToEnd: boolean };

/** @param pidFile where the next run reads what it may have to wait for */
export const createProgramRunner = (pidFile: string): ProgramRunner => {
  const register = createChildRegister(pidFile);
  const running = new Map<ProgramName, Running>();
  const listeners: ExitListener[] = [];

  const launch = async (program: Program): Promise<void> => {
    const child = await program.start();
    register.add(child);
    const entry: Running = { program, child, isExpectedToEnd: false };
    running.set(program.name, entry);
    let isReady = false;
    void child.exited.then((exit) => {
      program.ended(exit.code);
      // Before it was ready, the one who waits for it hears of the end.
      if (!isReady || entry.isExpectedToEnd) return;
      for (const listener of listeners) listener(program.name, exit);
    });
    await program.ready(child);
    isReady = true;
  };

  const entryOf = (name: ProgramName): Running => {
    const entry = running.get(name);
    if (entry === undefined) throw new RangeError(`The stack does not run ${name}.`);
    return entry;
  };

  const halt = async (entry: Running): Promise<void> => {
    entry.isExpectedToEnd = true;
    await entry.child.stop(entry.program.stopGraceMs());
  };

  return {
    launch,
    processes: () => [...running].map(([name, { child }]) => ({ name, pid: child.pid })),
    kill: (name, signal) => entryOf(name).child.kill(signal),
    restart: async (name) => {
      const entry = entryOf(name);
      await halt(entry);
      await launch(entry.program);
    },
    onExit: (listener) => {
      listeners.push(listener);
    },
    stop: async () => {
      await Promise.all([...running.values()].map(halt));
      register.clear();
    },
  };
};
