import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** A process that is given orders and reports. It ends by itself when this one is gone. */
export type Child = {
  readonly pid: number;
  readonly tell: (order: object) => void;
  /** The next report. Rejects when the process ends before, or says nothing for so long. */
  readonly report: <T>(deadlineMs: number) => Promise<T>;
  readonly stop: () => void;
};

function heard<T>(child: ChildProcess, deadlineMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      child.off('exit', onExit).off('message', onMessage);
    };
    const onExit = (code: number | null): void => {
      settle();
      reject(new Error(`a sender ended with code ${code ?? 'none'}`));
    };
    const onMessage = (message: unknown): void => {
      settle();
      resolve(message as T);
    };
    const timer = setTimeout(() => {
      settle();
      reject(new Error('a sender says nothing'));
    }, deadlineMs);
    child.once('exit', onExit).once('message', onMessage);
  });
}

/** Starts a file as a process with a channel. */
export function startChild(file: URL): Child {
  const child = fork(file, [], { serialization: 'advanced' });
  return {
    pid: child.pid ?? 0,
    tell: (order) => child.send(order),
    report: (deadlineMs) => heard(child, deadlineMs),
    stop: () => child.kill('SIGKILL'),
  };
}
