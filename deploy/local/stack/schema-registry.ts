import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Artifacts } from './artifacts.ts';
import { childFailure } from './child-failure.ts';
import { classArchive, type ClassArchive } from './class-archive.ts';
import { startOnLeash } from './leash.ts';
import type { Program, ProgramDeps } from './program.ts';
import { waitUntil } from './wait-until.ts';

const readyDeadlineMs = 60_000;

/** The address clients use: Apicurio speaks the Confluent protocol under this path. */
export const registryClientUrl = (port: number): string =>
  `http://127.0.0.1:${port}/apis/ccompat/v7`;

/**
 * Apicurio with the Confluent protocol, on loopback.
 *
 * With canonical hashes the same schema in other white space is the same version. The storage is
 * H2 in a file (subjects survive kill -9), or memory for tests.
 */
export const createSchemaRegistry = (
  deps: ProgramDeps & {
    readonly artifacts: Artifacts;
    readonly javaVersion: string;
    readonly port: number;
    readonly storage: 'file' | 'memory';
  },
): Program => {
  const { artifacts, javaVersion, port, storage, dir, logFile } = deps;
  const url = registryClientUrl(port);
  let archive: ClassArchive | undefined;
  return {
    name: 'registry',
    start: () => {
      mkdirSync(dir, { recursive: true });
      const { dir: artifactsDir, pomHash } = artifacts;
      archive = classArchive({ artifactsDir, program: 'registry', javaVersion, pomHash });
      const fileStorage = `-Dapicurio.datasource.url=jdbc:h2:file:${join(dir, 'registry')}`;
      return startOnLeash({
        name: 'registry',
        command: 'java',
        args: [
          ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m', '-Xss512k'],
          ...archive.flags,
          '-Dquarkus.http.host=127.0.0.1',
          `-Dquarkus.http.port=${port}`,
          '-Dapicurio.ccompat.use-canonical-hash=true',
          ...(storage === 'file' ? [fileStorage] : []),
          '-jar',
          artifacts.registryJar,
        ],
        cwd: artifacts.registryDir,
        env: { ...process.env, MALLOC_ARENA_MAX: '2' },
        logFile,
      });
    },
    ready: (child) =>
      waitUntil({
        what: 'registry',
        isDone: async () => {
          const answer = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(3000) });
          return answer.status === 200;
        },
        deadlineMs: readyDeadlineMs,
        failed: childFailure(child, logFile),
      }),
    stopGraceMs: () => (archive?.isRecording === true ? 30_000 : 10_000),
    ended: (code) => {
      if (code === 0 || code === 143) archive?.keep();
    },
  };
};
