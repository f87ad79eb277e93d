import type { Logger } from 'pino';
import type { Task } from './task.ts';

/** The tasks of this process, kept in step with what the group assigns. */
export interface Assignments {
  /** Replaces the assignment: closes what is no longer ours, opens what is new. Returns at once. */
  readonly assign: (partitions: readonly number[]) => void;
  /** Waits until the last assignment is in effect. */
  readonly settled: () => Promise<void>;
  readonly tasks: () => readonly Task[];
}

export type AssignmentsDeps = {
  readonly createTask: (partition: number) => Task;
  readonly logger: Logger;
};

/**
 * A partition that stays with us keeps its task: should somebody else have owned it in between, its
 * producer is fenced and the next transaction says so. A task that has ended is made anew.
 */
export function createAssignments(deps: AssignmentsDeps): Assignments {
  const tasks = new Map<number, Task>();
  let wanted: readonly number[] = [];
  let settling: Promise<void> | null = null;

  const close = async (partition: number, task: Task): Promise<void> => {
    await task.close();
    tasks.delete(partition);
  };

  const step = async (target: readonly number[]): Promise<void> => {
    const ending = [...tasks].filter(
      ([partition, task]) => !target.includes(partition) || task.state() === 'closed',
    );
    await Promise.all(ending.map(async ([partition, task]) => close(partition, task)));
    if (target !== wanted) return;
    for (const partition of target.filter((one) => !tasks.has(one))) {
      const task = deps.createTask(partition);
      tasks.set(partition, task);
      task.start();
    }
  };

  const settle = async (): Promise<void> => {
    for (let target: readonly number[] | null = null; target !== wanted;) {
      target = wanted;
      await step(target);
    }
    settling = null;
  };

  return {
    assign: (partitions) => {
      wanted = [...partitions];
      deps.logger.info({ partitions: wanted }, 'assignment');
      settling ??= settle();
    },
    settled: async () => {
      while (settling !== null) await settling;
    },
    tasks: () => [...tasks.values()],
  };
}
