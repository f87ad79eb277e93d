import { unwatchFile, watchFile } from 'node:fs';
import type { Environment } from '@landed/schemas/settings';

/** Settings whose files may change while the service runs. */
const WATCHED = ['CUSTOMERIO_SIGNING_KEYS_FILE', 'CUSTOMERIO_TEMPORARY_SECRETS_FILE'] as const;

/**
 * Calls back when a file of secrets has changed, also one that was replaced by renaming, as mounted
 * secrets are. Looks every `everyMs`; never keeps the process alive.
 *
 * @returns ends the watch
 */
export function watchSecretFiles(
  env: Environment,
  everyMs: number,
  onChange: () => void,
): () => void {
  const paths = WATCHED.flatMap((name) => {
    const path = env[name];
    return path === undefined || path === '' ? [] : [path];
  });
  for (const path of paths) {
    watchFile(path, { interval: everyMs, persistent: false }, (now, before) => {
      // A file that has gone for a moment is about to be replaced.
      const isThere = now.mtimeMs > 0;
      if (isThere && (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino)) onChange();
    });
  }
  return () => {
    for (const path of paths) unwatchFile(path);
  };
}
