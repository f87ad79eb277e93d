import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { takeFolderLock, type FolderLock } from './folder-lock.ts';
import { StackError } from './stack-error.ts';

const run = promisify(execFile);
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
  const args = ['-q', '-B', '-f', pomFile, `-Dstack.dir=${dir}`, 'process-resources'];
  try {
    await run('mvn', args, { timeout: mavenDeadlineMs, maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    const { code, stdout } = error as { code?: string | number; stdout?: string };
    if (code === 'ENOENT') {
      throw new StackError(
        'Maven is missing. The first start needs `mvn` on the PATH to fetch the embedded Kafka and registry.',
        { cause: error },
      );
    }
    const detail = (stdout ?? '').split('\n').filter((line) => line.includes('ERROR'));
    throw new StackError(
      `Maven could not fetch the embedded stack.\n${detail.slice(0, 4).join('\n')}`,
      {
        cause: error,
      },
    );
  }
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
