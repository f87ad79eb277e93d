import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './is-alive.ts';

/**
 * A class archive (AppCDS) halves the start of a JVM. The first run records it while it exits;
 * later runs map it. Its name holds a hash of everything it depends on, because a JVM ignores an
 * archive that does not fit and merely starts slower.
 */
export interface ClassArchive {
  /** JVM options: use the archive, or record it. */
  readonly flags: readonly string[];
  /** Recording makes the stop slow, so a stop must be patient. */
  readonly isRecording: boolean;
  /** Call after a clean exit: makes a recording usable. */
  keep: () => void;
}

const temporaryName = /\.jsa\.(\d+)\.tmp$/;

/** Removes recordings of runs that were killed before they finished. */
const removeAbandoned = (dir: string): void => {
  for (const name of readdirSync(dir)) {
    const pid = temporaryName.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(dir, name), { force: true });
  }
};

export const classArchive = (options: {
  readonly artifactsDir: string;
  readonly program: string;
  readonly javaVersion: string;
  readonly pomHash: string;
}): ClassArchive => {
  const { artifactsDir, program, javaVersion, pomHash } = options;
  const dir = join(artifactsDir, 'archives');
  mkdirSync(dir, { recursive: true });
  removeAbandoned(dir);
  const hash = createHash('sha256')
    .update([javaVersion, pomHash, artifactsDir].join('\n'))
    .digest('hex')
    .slice(0, 16);
  const file = join(dir, `${program}-${hash}.jsa`);
  if (existsSync(file)) {
    return {
      flags: [
        `-XX:SharedArchiveFile=${file}`,
        '-Xshare:auto',
        '-Xlog:cds=off',
        '-Xlog:cds+dynamic=off',
      ],
      isRecording: false,
      keep: () => undefined,
    };
  }
  const recording = `${file}.${process.pid}.tmp`;
  return {
    flags: [`-XX:ArchiveClassesAtExit=${recording}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off'],
    isRecording: true,
    keep: () => {
      if (existsSync(recording)) renameSync(recording, file);
    },
  };
};
