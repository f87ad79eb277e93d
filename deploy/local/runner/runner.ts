import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig as loadIngestConfig } from '@landed/ingest-service/config';
import { loadConfig as loadProcessorConfig } from '@landed/processor-service/config';
import { SettingsError } from '@landed/schemas/settings';
import { awaitLeftovers } from '../stack/child-register.ts';
import { takeFolderLock } from '../stack/folder-lock.ts';
import { checkPorts } from '../stack/ports.ts';
import type { Stack } from '../stack/stack.ts';
import { timedStep, type OnStep } from '../stack/step.ts';
import { bringUp } from './bring-up.ts';
import { emptyDataFolder } from './data-folder.ts';
import {
  addressesOf,
  claimedPorts,
  embeddedPrograms,
  embeddedSettings,
  serviceEnvironment,
  stackPorts,
  type Addresses,
} from './environment.ts';
import { writeEnvironmentFile } from './environment-file.ts';
import { loadSecrets } from './secrets.ts';
import { createServices, type Services } from './services.ts';

export type LandedOptions = {
  /** Top of the project. */
  readonly root: string;
  /** Data folder. */
  readonly dir: string;
  readonly isFresh: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onStep: OnStep;
};

/** The whole system, running. */
export interface Landed {
  readonly stack: Stack;
  readonly services: Services;
  readonly environment: Readonly<Record<string, string>>;
  readonly addresses: Addresses;
  /** Services first, then their servers. */
  stop: () => Promise<void>;
}

const logCapEveryMs = 5000;

/** Finds every problem with the settings of both services before anything starts. */
const checkSettings = (environment: Readonly<Record<string, string>>): void => {
  const problems = [loadIngestConfig, loadProcessorConfig].flatMap((load) => {
    try {
      load(environment);
      return [];
    } catch (error) {
      if (error instanceof SettingsError) return error.problems;
      throw error;
    }
  });
  if (problems.length > 0) throw new SettingsError([...new Set(problems)]);
};

/**
 * Brings the whole system up in one data folder: servers, topics, schemas, tables, both services.
 *
 * @throws StackError or SettingsError for the person at the terminal; nothing runs then
 */
export const startLanded = async (options: LandedOptions): Promise<Landed> => {
  const { root, dir, isFresh, env, onStep } = options;
  mkdirSync(dir, { recursive: true });
  const lock = takeFolderLock(dir);
  const undo: (() => Promise<void> | void)[] = [lock.release];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const stackDir = join(dir, 'stack');
    const logDir = join(dir, 'log');
    for (const each of [dir, stackDir]) await awaitLeftovers(join(each, 'children.json'));
    await checkPorts(claimedPorts(env));
    if (isFresh) emptyDataFolder(dir);
    const secrets = loadSecrets(join(dir, 'secrets.json'));
    const environment = serviceEnvironment(env, secrets, dir);
    writeEnvironmentFile(join(dir, 'environment'), embeddedSettings(env, secrets, dir));
    checkSettings(environment);
    const addresses = addressesOf(env);
    const artifactsDir = join(root, '.stack');
    const stack = await bringUp({
      stackDir,
      logDir,
      artifactsDir,
      ports: stackPorts(env),
      only: embeddedPrograms(env),
      environment,
      onStep,
    });
    undo.push(stack.stop);
    const opsUrls = { ingest: addresses.ingestOps, processor: addresses.processorOps };
    const services = createServices({ root, dir, logDir, environment, opsUrls });
    const capTimer = setInterval(services.capLogs, logCapEveryMs).unref();
    undo.push(services.stop, () => clearInterval(capTimer));
    const names = ['ingest', 'processor'] as const;
    const starts = names.map((name) => timedStep(name, onStep, () => services.start(name)));
    const failed = (await Promise.allSettled(starts)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    return { stack, services, environment, addresses, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** True when the folder holds data of an earlier run. */
export const hasData = (dir: string): boolean => existsSync(join(dir, 'stack'));
