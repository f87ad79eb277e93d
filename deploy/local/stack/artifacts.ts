import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { commandNotFound, runOnLeash } from './leash.ts';
import { takeFolderLock, type FolderLock } from './folder-lock.ts';
import { StackError } from './stack-error.ts';

const pomFile = fileURLToPath(new URL('./pom.xml', import.meta.url));
const mavenDeadlineMs = 15 * 60_000;

/** The Java programs of the stack, on disk. */
export type Artifacts = {
  readonly dir: string;
  /** sha256 of pom.xml: changes when any version changes. */
  readonly pomHash: string;
  readonly kafkaClasspath: string;
  readonly registryDir: string;
  readonly registryJar: string;
};

const registryJarIn = (registryDir: string): string | undefined =>
  existsSync(registryDir)
    ? readdirSync(registryDir).find((name) => /^apicurio-registry-app-.*-runner\.jar$/.test(name))
    : undefined;

const describe = (dir: string, pomHash: string): Artifacts => {
  const kafkaDir = join(dir, 'kafka');
  const registryDir = join(dir, 'registry');
  const registryJar = registryJarIn(registryDir);
  if (registryJar === undefined) throw new StackError(`${registryDir} holds no registry.`);
  // Sorted, because a class archive is valid only for the very same class path.
  const jars = readdirSync(kafkaDir).filter((name) => name.endsWith('.jar'));
  const kafkaClasspath = jars
    .sort()
    .map((name) => join(kafkaDir, name))
    .join(':');
  return { dir, pomHash, kafkaClasspath, registryDir, registryJar };
};

const runMaven = async (dir: string): Promise<void> => {
  const logFile = join(dir, 'maven.log');
  rmSync(logFile, { force: true });
  const args = ['-q', '-B', '-f', pomFile, `-Dstack.dir=${dir}`, 'process-resources'];
  // On the leash: a Maven that outlives us would write into the folder the next run fills.
  const command = { name: 'maven', command: 'mvn', args, logFile, deadlineMs: mavenDeadlineMs };
  const { code } = await runOnLeash(command);
  if (code === 0) return;
  if (code === commandNotFound) {
    throw new StackError(
      'Maven is missing. The first start needs `mvn` on the PATH to fetch the embedded Kafka and registry.',
    );
  }
  const errors = readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => line.includes('ERROR'));
  throw new StackError(
    `Maven could not fetch the embedded stack (exit code ${code}).\n${errors.slice(0, 4).join('\n')}`,
  );
};

/** Waits while another run fills the same folder. */
const lockPatiently = async (dir: string): Promise<FolderLock> => {
  const endsAt = performance.now() + mavenDeadlineMs;
  for (;;) {
    try {
      return takeFolderLock(dir);
    } catch (error) {
      if (!(error instanceof StackError) || performance.now() > endsAt) throw error;
      await sleep(250);
    }
  }
};

/**
 * Fetches the Java programs by Maven unless a stamp says that this very pom.xml was fetched
 * before. Several runs may call this at once; one fetches, the others wait.
 */
export const ensureArtifacts = async (
  dir: string,
  onFetch: () => void = () => undefined,
): Promise<Artifacts> => {
  const pomHash = createHash('sha256').update(readFileSync(pomFile)).digest('hex');
  const stampFile = join(dir, 'stamp');
  const isWarm = (): boolean =>
    existsSync(stampFile) && readFileSync(stampFile, 'utf8').trim() === pomHash;
  if (isWarm()) return describe(dir, pomHash);
  mkdirSync(dir, { recursive: true });
  const lock = await lockPatiently(dir);
  try {
    if (!isWarm()) {
      onFetch();
      for (const part of ['stamp', 'kafka', 'registry', 'target']) {
        rmSync(join(dir, part), { recursive: true, force: true });
      }
      await runMaven(dir);
      const artifacts = describe(dir, pomHash);
      writeFileSync(stampFile, `${pomHash}\n`);
      return artifacts;
    }
    return describe(dir, pomHash);
  } finally {
    lock.release();
  }
};
