import { join } from 'node:path';
import { childFailure } from '../stack/child-failure.ts';
import { capLog } from '../stack/child-log.ts';
import { createChildRegister } from '../stack/child-register.ts';
import { startOnLeash, type Child, type ChildExit } from '../stack/leash.ts';
import { waitUntil } from '../stack/wait-until.ts';

export type ServiceName = 'ingest' | 'processor';

/** The two services as children of this process. */
export interface Services {
  /** Starts one and resolves when it is ready. */
  start: (name: ServiceName) => Promise<void>;
  onExit: (listener: (name: ServiceName, exit: ChildExit) => void) => void;
  pid: (name: ServiceName) => number | undefined;
  capLogs: () => void;
  /** Ingest first, so that what it accepted is processed; each drains. */
  stop: () => Promise<void>;
}

const mains: Readonly<Record<ServiceName, string>> = {
  ingest: 'ingest-service/src/main.ts',
  processor: 'processor-service/src/main.ts',
};
/**
 * A small nursery: by itself V8 lets it grow to 48 MB with the first burst and does not give it
 * back, which on a desk counts more than the extra small collections.
 */
const nodeFlags = ['--disable-warning=TimeoutNegativeWarning', '--max-semi-space-size=4'];
/** Long enough to restore the state and to sit out a restart of the broker. */
const readyDeadlineMs = 180_000;
/** A drain ends by itself within 25 s; after that something hangs. */
const stopGraceMs = 30_000;

export const createServices = (deps: {
  /** Top of the project. */
  readonly root: string;
  readonly dir: string;
  readonly logDir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly opsUrls: Readonly<Record<ServiceName, string>>;
}): Services => {
  const { root, dir, logDir, environment, opsUrls } = deps;
  const register = createChildRegister(join(dir, 'children.json'));
  const children = new Map<ServiceName, Child>();
  const listeners: ((name: ServiceName, exit: ChildExit) => void)[] = [];
  let isStopping = false;
  const logFile = (name: ServiceName): string => join(logDir, `${name}.log`);

  const isReady = async (name: ServiceName): Promise<boolean> => {
    const answer = await fetch(`${opsUrls[name]}/readyz`, { signal: AbortSignal.timeout(2000) });
    return answer.status === 200;
  };

  return {
    start: async (name) => {
      // One that never became ready still runs, and two would fight for ports and state.
      await children.get(name)?.stop(stopGraceMs);
      const child = await startOnLeash({
        name,
        command: process.execPath,
        args: [...nodeFlags, join(root, mains[name])],
        cwd: root,
        env: environment,
        logFile: logFile(name),
      });
      register.add(child);
      children.set(name, child);
      let hasBeenReady = false;
      void child.exited.then((exit) => {
        // Before it was ready, the one who waits for it hears of the end.
        if (!hasBeenReady || isStopping) return;
        for (const listener of listeners) listener(name, exit);
      });
      await waitUntil({
        what: name,
        isDone: () => isReady(name),
        deadlineMs: readyDeadlineMs,
        everyMs: 100,
        failed: childFailure(child, logFile(name)),
      });
      hasBeenReady = true;
    },
    onExit: (listener) => {
      listeners.push(listener);
    },
    pid: (name) => children.get(name)?.pid,
    capLogs: () => {
      for (const name of children.keys()) capLog(logFile(name));
    },
    stop: async () => {
      isStopping = true;
      await children.get('ingest')?.stop(stopGraceMs);
      await children.get('processor')?.stop(stopGraceMs);
      register.clear();
    },
  };
};
