import type { ProgramName } from '../stack/program.ts';
import type { Stack } from '../stack/stack.ts';
import { createKeepAlive, type KeepAlive, type KeptState } from './keep-alive.ts';
import type { ServiceName, Services } from './services.ts';

type Name = ServiceName | ProgramName;

/** Brings every process back that dies while the system runs. */
export interface Supervisor {
  states: () => { readonly name: Name; readonly state: KeptState }[];
  stop: () => Promise<void>;
}

export const createSupervisor = (deps: {
  readonly stack: Stack;
  readonly services: Services;
  readonly now: () => number;
  /** Told when an attempt to bring a process back failed. */
  readonly onError: (name: Name, error: unknown) => void;
}): Supervisor => {
  const { stack, services, now, onError } = deps;
  const keepers = new Map<Name, KeepAlive>();
  const keep = (name: Name, start: () => Promise<void>): void => {
    const onFailure = (error: unknown): void => onError(name, error);
    keepers.set(name, createKeepAlive({ start, now, onError: onFailure }));
  };
  for (const { name } of stack.processes()) keep(name, () => stack.restart(name));
  for (const name of ['ingest', 'processor'] as const) keep(name, () => services.start(name));
  stack.onExit((name) => keepers.get(name)?.died());
  services.onExit((name) => keepers.get(name)?.died());
  return {
    states: () => [...keepers].map(([name, keeper]) => ({ name, state: keeper.state() })),
    stop: async () => {
      await Promise.all([...keepers.values()].map((keeper) => keeper.stop()));
    },
  };
};
