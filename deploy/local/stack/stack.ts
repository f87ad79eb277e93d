import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { allProgramNames, makePrograms } from './all-programs.ts';
import { capLog } from './child-log.ts';
import { awaitLeftovers } from './child-register.ts';
import { takeFolderLock } from './folder-lock.ts';
import { checkPorts } from './ports.ts';
import { createProgramRunner, type ProgramRunner } from './program-runner.ts';
import type { ProgramName } from './program.ts';
import { registryClientUrl } from './schema-registry.ts';
import { defaultPorts, portClaims, type StackPorts } from './stack-ports.ts';
import { timedStep, type OnStep } from './step.ts';

export interface Stack extends Pick<ProgramRunner, 'processes' | 'kill' | 'restart' | 'onExit'> {
  readonly kafkaBrokers: string;
  /** The full address for registry clients, path included. */
  readonly registryUrl: string;
  readonly clickhouseUrl: string;
  /** A second ClickHouse address that can only read. */
  readonly clickhouseReadonlyUrl: string;
  stop: () => Promise<void>;
}

export type StackOptions = {
  /** Data folder, locked while the stack runs. */
  readonly dir: string;
  /** Where the Java programs and class archives are kept, shared between runs. */
  readonly artifactsDir: string;
  readonly logDir?: string;
  readonly ports?: Partial<StackPorts>;
  readonly only?: readonly ProgramName[];
  readonly registryStorage?: 'file' | 'memory';
  readonly onStep?: OnStep;
};

const logCapEveryMs = 5000;

const stackAt = (ports: StackPorts, runner: ProgramRunner, stop: () => Promise<void>): Stack => ({
  kafkaBrokers: `127.0.0.1:${ports.kafka}`,
  registryUrl: registryClientUrl(ports.registry),
  clickhouseUrl: `http://127.0.0.1:${ports.clickhouse}`,
  clickhouseReadonlyUrl: `http://127.0.0.1:${ports.clickhouseReadonly}`,
  processes: runner.processes,
  kill: runner.kill,
  restart: runner.restart,
  onExit: runner.onExit,
  stop,
});

/**
 * Brings up the embedded stack on loopback: a Kafka broker, a schema registry and the ClickHouse
 * engine, in parallel. Everything it starts ends with this process, however that ends.
 *
 * @throws StackError with a message for the person at the terminal; nothing runs then
 */
export const startStack = async (options: StackOptions): Promise<Stack> => {
  const dir = resolve(options.dir);
  const artifactsDir = resolve(options.artifactsDir);
  const {
    only = allProgramNames,
    logDir = join(dir, 'log'),
    registryStorage = 'file',
    onStep = () => undefined,
  } = options;
  const ports: StackPorts = { ...defaultPorts, ...options.ports };
  const lock = takeFolderLock(dir);
  const pidFile = join(dir, 'children.json');
  const runner = createProgramRunner(pidFile);
  const capTimer = setInterval(() => {
    for (const name of only) capLog(join(logDir, `${name}.log`));
  }, logCapEveryMs).unref();
  const stop = async (): Promise<void> => {
    clearInterval(capTimer);
    await runner.stop();
    lock.release();
  };
  try {
    await awaitLeftovers(pidFile);
    await checkPorts(portClaims(ports, only));
    mkdirSync(logDir, { recursive: true });
    const settings = { dir, logDir, artifactsDir, ports, only, registryStorage, onStep };
    const programs = await makePrograms(settings);
    const launches = programs.map(async ({ name, make }) => {
      const program = await make();
      await timedStep(name, onStep, () => runner.launch(program));
    });
    // All of them settle before a failure is told, so that what did start can be stopped.
    const failed = (await Promise.allSettled(launches)).find(
      (outcome) => outcome.status === 'rejected',
    );
    if (failed !== undefined) throw failed.reason;
  } catch (error) {
    await stop();
    throw error;
  }
  return stackAt(ports, runner, stop);
};
