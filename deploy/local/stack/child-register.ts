import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './leash.ts';
import { StackError } from './stack-error.ts';

type Entry = { readonly name: string; readonly pid: number; readonly startedAt: string };

/** Remembers which processes a run started, so the next one can wait until they are gone. */
export interface ChildRegister {
  add: (child: Child) => void;
  clear: () => void;
}

/**
 * When the process began, in the kernel's ticks: tells a process from a later one that was given
 * the same id. Empty where /proc does not exist; undefined when there is no such process.
 */
const startOf = (pid: number): string | undefined => {
  try {
    process.kill(pid, 0);
  } catch {
    return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name may hold spaces; fields are counted from its closing bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : (fields[19] ?? '');
  } catch {
    return '';
  }
};

const readEntries = (file: string): Entry[] => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Entry[];
  } catch {
    // No file, or one cut short by a crash: nothing to wait for that we could name.
    return [];
  }
};

/**
 * Waits until the processes of an earlier run are gone: after a kill -9 of that run their leash
 * needs a moment to end them, and a second broker on the same folder would do harm.
 */
export const awaitLeftovers = async (file: string, deadlineMs = 15_000): Promise<void> => {
  const entries = readEntries(file);
  const endsAt = performance.now() + deadlineMs;
  for (;;) {
    const alive = entries.filter(({ pid, startedAt }) => startOf(pid) === startedAt);
    if (alive.length === 0) return;
    if (performance.now() > endsAt) {
      const names = alive.map(({ name, pid }) => `${name} (process ${pid})`).join(', ');
      throw new StackError(`Still running from an earlier run: ${names}. Stop it first.`);
    }
    await sleep(100);
  }
};

export const createChildRegister = (file: string): ChildRegister => {
  let entries: Entry[] = [];
  const write = (): void => writeFileSync(file, JSON.stringify(entries));
  return {
    add: ({ name, pid }) => {
      entries = [
        ...entries.filter((entry) => startOf(entry.pid) === entry.startedAt),
        { name, pid, startedAt: startOf(pid) ?? '' },
      ];
      write();
    },
    clear: () => {
      entries = [];
      write();
    },
  };
};
