import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { prepareSchemas, prepareTables, prepareTopics } from '../local/runner/prepare.ts';
import { createServices } from '../local/runner/services.ts';
import type { ServiceName } from '../local/runner/services.ts';
import { systemEnvironment } from './environment.ts';
import type { Servers } from './environment.ts';

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
  /** Done when topics, schemas and tables stand and no service has started yet. */
  readonly beforeServices?: (env: Readonly<Record<string, string>>) => Promise<void>;
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
  readonly opsUrls: Readonly<Record<ServiceName, string>>;
  /** Process id of a service, undefined before it was started. */
  readonly pid: (name: ServiceName) => number | undefined;
  /** Signals a service and waits until the process is gone. */
  readonly kill: (name: ServiceName, signal: NodeJS.Signals) => Promise<void>;
  /** Starts a service again and waits until it is ready. */
  readonly start: (name: ServiceName) => Promise<void>;
  /** Runs `landed` with the environment of the system. Never rejects for an exit code. */
  readonly landed: (...args: readonly string[]) => Promise<CommandResult>;
  /** Stops both services; a clean stop lets them drain. */
  readonly stop: () => Promise<void>;
};

const ROOT = new URL('../..', import.meta.url).pathname;
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
 * @throws when preparation fails or a service is not ready in time; nothing runs then
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { dir, workspace = 'acme', signingKey = 'signing-key-of-this-system-0001' } = options;
  mkdirSync(dir, { recursive: true });
  const made = await systemEnvironment({ ...options, workspace, signingKey });
  const env: Record<string, string> = { ...made, ...options.env };
  const at = (port: string): string => `http://127.0.0.1:${env[port] ?? ''}`;
  const opsUrls = { ingest: at('INGEST_OPS_PORT'), processor: at('PROCESSOR_OPS_PORT') };
  const services = createServices({
    root: ROOT,
    dir,
    logDir: join(dir, 'log'),
    environment: env,
    opsUrls,
  });
  try {
    await Promise.all([prepareTopics(env), prepareSchemas(env), prepareTables(env)]);
    await options.beforeServices?.(env);
    await Promise.all([services.start('ingest'), services.start('processor')]);
  } catch (error) {
    await services.stop();
    throw error;
  }

  const kill = async (name: ServiceName, signal: NodeJS.Signals): Promise<void> => {
    const pid = services.pid(name);
    if (pid === undefined) return;
    const gone = new Promise<void>((resolve) => {
      services.onExit((ended) => {
        if (ended === name) resolve();
      });
    });
    process.kill(pid, signal);
    await gone;
  };

  return {
    env,
    workspace,
    signingKey,
    webhookUrl: `${at('INGEST_PORT')}/v1/webhooks/customerio/${workspace}/reporting`,
    opsUrls,
    pid: services.pid,
    kill,
    start: services.start,
    landed: (...args) => runLanded(env, args),
    stop: services.stop,
  };
}
