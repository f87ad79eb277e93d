import { statSync } from 'node:fs';

/** How watched files look. */
export type Look = {
  /** Differs when a file is replaced, also through a symbolic link (as Kubernetes does it). */
  readonly marks: string;
  /** False while a file is missing, as in the moment it is replaced. */
  readonly isWhole: boolean;
};

function lookAt(paths: readonly string[]): Look {
  const stats = paths.map((path) => statSync(path, { throwIfNoEntry: false }));
  const marks = stats.map((stat) =>
    stat ? `${stat.ino}/${stat.mtimeMs}/${stat.size}` : 'missing',
  );
  return { marks: marks.join(), isWhole: !stats.includes(undefined) };
}

/**
 * Looks at files every `everyMs`, and tells when any of them has changed. Never keeps the process
 * alive.
 *
 * @param take told of a change; false: not usable (yet), it is told again at the next look
 * @returns ends the watch
 */
export function watchFiles(
  paths: readonly string[],
  everyMs: number,
  take: (look: Look) => boolean,
): () => void {
  let taken = lookAt(paths).marks;
  const timer = setInterval(() => {
    const look = lookAt(paths);
    if (look.marks !== taken && take(look)) taken = look.marks;
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
