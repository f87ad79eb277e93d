import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startOnLeash } from '../local/stack/leash.ts';
import type { Child } from '../local/stack/leash.ts';
import { waitUntil } from '../local/stack/wait-until.ts';
import { systemEnvironment } from './environment.ts';
import type { Servers } from './environment.ts';

export type ServiceName = 'ingest' | 'processor';

export type SystemOptions = {
  /** Folder of this system alone: state, logs. */
  readonly dir: string;
  readonly servers: Servers;
  /** Before every topic, group and transactional id, so that systems share a cluster. */
  readonly prefix: string;
  readonly database: string;
  readonly workspace?: string;
  readonly signingKey?: string;
  /** Settings on top of those a system has by itself. */
  readonly env?: Readonly<Record<string, string>>;
};

export type CommandResult = {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
};

/** Both services as processes, on servers that run already. */
export type System = {
  readonly env: Readonly<Record<string, string>>;
  readonly workspace: string;
  readonly signingKey: string;
  /** The whole URL of the webhook endpoint. */
  readonly webhookUrl: string;
  readonly opsUrl: (name: ServiceName) => string;
  readonly logFile: (name: ServiceName) => string;
  /** Process id, undefined when it does not run. */
  readonly pid: (name: ServiceName) => number | undefined;
  /** Signals a service and waits until the process is gone. */
  readonly kill: (name: ServiceName, signal: NodeJS.Signals) => Promise<void>;
  /** Starts a service and waits until it is ready. */
  readonly start: (name: ServiceName) => Promise<void>;
  /** Runs `landed` with the environment of the system. Never rejects for an exit code. */
  readonly landed: (...args: readonly string[]) => Promise<CommandResult>;
  /** Stops both services; a clean stop lets them drain. */
  readonly stop: () => Promise<void>;
};

const ROOT = new URL('../..', import.meta.url).pathname;
const MAIN: Readonly<Record<ServiceName, string>> = {
  ingest: 'ingest-service/src/main.ts',
  processor: 'processor-service/src/main.ts',
};
const READY_MS = 60_000;
const STOP_GRACE_MS = 30_000;
const COMMAND_MS = 120_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

function runLanded(
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<CommandResult> {
  const file = join(ROOT, 'processor-service/src/commands/landed.ts');
  const options = { cwd: ROOT, env, timeout: COMMAND_MS, maxBuffer: OUTPUT_BYTES_MAX };
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/**
 * Prepares topics, schemas and tables on the given servers, then starts both services as processes
 * that end with this one.
 *
 * @throws when preparation fails or a service is not ready within a minute; nothing runs then
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { dir, workspace = 'acme', signingKey = 'signing-key-of-this-system-0001' } = options;
  mkdirSync(dir, { recursive: true });
  const made = await systemEnvironment({ ...options, workspace, signingKey });
  const env: Record<string, string> = { ...made, ...options.env };
  const children = new Map<ServiceName, Child>();
  const opsUrl = (name: ServiceName): string =>
    `http://127.0.0.1:${env[name === 'ingest' ? 'INGEST_OPS_PORT' : 'PROCESSOR_OPS_PORT'] ?? ''}`;
  const logFile = (name: ServiceName): string => join(dir, 'log', `${name}.log`);

  async function start(name: ServiceName): Promise<void> {
    const args = [join(ROOT, MAIN[name])];
    const command = process.execPath;
    const child = await startOnLeash({
      name,
      command,
      args,
      cwd: ROOT,
      env,
      logFile: logFile(name),
    });
    children.set(name, child);
    const isDone = async (): Promise<boolean> => {
      if (!child.isRunning()) throw new Error(`${name} ended, see ${logFile(name)}`);
      return (await fetch(`${opsUrl(name)}/readyz`, { signal: AbortSignal.timeout(1000) })).ok;
    };
    await waitUntil({ what: name, isDone, deadlineMs: READY_MS, everyMs: 50 });
  }

  async function kill(name: ServiceName, signal: NodeJS.Signals): Promise<void> {
    const child = children.get(name);
    child?.kill(signal);
    await child?.exited;
    children.delete(name);
  }

  async function stop(): Promise<void> {
    await children.get('ingest')?.stop(STOP_GRACE_MS);
    await children.get('processor')?.stop(STOP_GRACE_MS);
    children.clear();
  }

  const landed = (...args: readonly string[]): Promise<CommandResult> => runLanded(env, args);
  try {
    const setup = await landed('setup');
    if (setup.code !== 0) throw new Error(`landed setup: ${setup.stderr}${setup.stdout}`);
    await Promise.all([start('ingest'), start('processor')]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    env,
    workspace,
    signingKey,
    webhookUrl: `http://127.0.0.1:${env['INGEST_PORT'] ?? ''}/v1/webhooks/customerio/${workspace}/reporting`,
    opsUrl,
    logFile,
    pid: (name) => children.get(name)?.pid,
    kill,
    start,
    landed,
    stop,
  };
}
