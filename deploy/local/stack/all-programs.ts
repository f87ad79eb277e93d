import { join } from 'node:path';
import { ensureArtifacts, type Artifacts } from './artifacts.ts';
import { createClickhouseEngine } from './clickhouse-engine.ts';
import { javaVersion } from './java.ts';
import { createKafkaBroker } from './kafka-broker.ts';
import type { Program, ProgramName } from './program.ts';
import { createSchemaRegistry } from './schema-registry.ts';
import type { StackPorts } from './stack-ports.ts';
import { timedStep, type OnStep } from './step.ts';

export const allProgramNames: readonly ProgramName[] = ['kafka', 'registry', 'clickhouse'];

export type ProgramOptions = {
  readonly dir: string;
  readonly logDir: string;
  readonly artifactsDir: string;
  readonly ports: StackPorts;
  readonly only: readonly ProgramName[];
  readonly registryStorage: 'file' | 'memory';
  readonly onStep: OnStep;
};

/**
 * How to make each program. ClickHouse is there at once; the Java programs may have to be fetched,
 * so each is a promise of its own and none waits for another.
 */
export const makePrograms = async (
  options: ProgramOptions,
): Promise<{ readonly name: ProgramName; readonly make: () => Promise<Program> }[]> => {
  const { dir, logDir, artifactsDir, ports, only, registryStorage, onStep } = options;
  const places = (name: ProgramName) => ({
    dir: join(dir, name),
    logFile: join(logDir, `${name}.log`),
  });
  const needsJava = only.includes('kafka') || only.includes('registry');
  // Asked before anything starts, so that a missing Java is one plain message.
  const version = needsJava ? await javaVersion() : '';
  let fetching: Promise<Artifacts> | undefined;
  const fetchArtifacts = (): Promise<Artifacts> =>
    (fetching ??= timedStep('java programs', onStep, () => ensureArtifacts(artifactsDir)));
  const makers: Record<ProgramName, () => Promise<Program>> = {
    kafka: async () => {
      const artifacts = await fetchArtifacts();
      return createKafkaBroker({ ...places('kafka'), artifacts, javaVersion: version, ports });
    },
    registry: async () =>
      createSchemaRegistry({
        ...places('registry'),
        artifacts: await fetchArtifacts(),
        javaVersion: version,
        port: ports.registry,
        storage: registryStorage,
      }),
    clickhouse: () =>
      Promise.resolve(
        createClickhouseEngine({
          ...places('clickhouse'),
          port: ports.clickhouse,
          readonlyPort: ports.clickhouseReadonly,
        }),
      ),
  };
  return only.map((name) => ({ name, make: makers[name] }));
};
