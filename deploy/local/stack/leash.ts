import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openLog } from './child-log.ts';
import { StackError } from './stack-error.ts';

/** How a command ended. A command killed by signal n reports code 128 + n. */
export type ChildExit = { readonly code: number };

export interface Child {
  readonly name: string;
  /** Process id of the command itself, not of the shell that holds its leash. */
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  isRunning: () => boolean;
  kill: (signal: NodeJS.Signals) => void;
  /** TERM, then KILL when the command is still there after `graceMs`. */
  stop: (graceMs?: number) => Promise<ChildExit>;
}

export type ChildCommand = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** How far it stands back for the others when processors are scarce: 0 (not at all) to 19. */
  readonly niceness?: number;
};

const leashScript = fileURLToPath(new URL('./leash.sh', import.meta.url));
const leashGraceSeconds = 10;
const stopGraceMs = 10_000;
const reportDeadlineMs = 10_000;

const readPid = (shell: ChildProcess, name: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const fail = (): void => reject(new StackError(`${name} did not start.`));
    const timer = setTimeout(fail, reportDeadlineMs);
    let text = '';
    const pipe = shell.stdio[3];
    if (pipe === null || pipe === undefined || !('setEncoding' in pipe)) throw new TypeError();
    pipe.setEncoding('utf8');
    pipe.on('data', (chunk: string) => {
      text += chunk;
    });
    pipe.once('close', () => {
      clearTimeout(timer);
      const pid = Number.parseInt(text, 10);
      if (Number.isSafeInteger(pid)) resolve(pid);
      else fail();
    });
    shell.once('error', (error) => {
      clearTimeout(timer);
      reject(new StackError(`${name} did not start: ${error.message}`, { cause: error }));
    });
  });

const exitOf = (shell: ChildProcess): Promise<ChildExit> =>
  new Promise((resolve) => {
    const settle = (code: number | null, signal: string | null): void => {
      // The watcher outlives a leash that was killed; closing its pipe makes it end the command.
      shell.stdin?.destroy();
      resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 143) });
    };
    shell.once('exit', settle);
    shell.once('error', () => settle(127, null));
  });

/** Sends a signal; a process that is gone already is no error. */
const signalQuietly = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/**
 * Starts a command that ends when this process ends, however this process dies. It runs in a
 * session of its own, so Ctrl-C at the terminal reaches only us and the order of stopping is ours.
 * Output is appended to `logFile`.
 */
export const startOnLeash = async (options: ChildCommand): Promise<Child> => {
  const { name, command, args, logFile, cwd, env = process.env, niceness = 0 } = options;
  const log = openLog(logFile);
  const limits = [leashGraceSeconds, niceness].map(String);
  const shell = spawn('/bin/sh', [leashScript, ...limits, command, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ['pipe', log, log, 'pipe'],
  });
  closeSync(log);
  const exited = exitOf(shell);
  const pid = await readPid(shell, name);
  let isRunning = true;
  void exited.then(() => {
    isRunning = false;
  });
  const kill = (signal: NodeJS.Signals): void => {
    if (isRunning) signalQuietly(pid, signal);
  };
  return {
    name,
    pid,
    exited,
    isRunning: () => isRunning,
    kill,
    stop: async (graceMs = stopGraceMs) => {
      kill('SIGTERM');
      const cancel = new AbortController();
      const tooLate = sleep(graceMs, undefined, { signal: cancel.signal }).then(
        () => kill('SIGKILL'),
        () => undefined,
      );
      const exit = await exited;
      cancel.abort();
      await tooLate;
      return exit;
    },
  };
};

/** Runs a command to its end, on the leash. A command that takes longer than `deadlineMs` is stopped. */
export const runOnLeash = async (
  options: ChildCommand & { readonly deadlineMs: number },
): Promise<ChildExit> => {
  const child = await startOnLeash(options);
  const timer = setTimeout(() => void child.stop(), options.deadlineMs);
  const exit = await child.exited;
  clearTimeout(timer);
  return exit;
};

/** What a shell answers for a command that is not there. */
export const commandNotFound = 127;
