import { renameSync, writeFileSync } from 'node:fs';

/**
 * Leaves the settings of the embedded system where the command line finds them, so that `landed`
 * needs none on this machine. Readable by its owner only: secrets are in it.
 */
export const writeEnvironmentFile = (
  file: string,
  settings: Readonly<Record<string, string>>,
): void => {
  const lines = Object.entries(settings).map(([name, value]) => `${name}="${value}"\n`);
  writeFileSync(`${file}.new`, lines.join(''), { mode: 0o600 });
  renameSync(`${file}.new`, file);
};
