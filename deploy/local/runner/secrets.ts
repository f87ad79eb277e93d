import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { StackError } from '../stack/stack-error.ts';

const shape = z.object({
  signingKey: z.string().min(32),
  sealKey: z.string().min(32),
  hashKey: z.string().min(32),
});

/** Secrets of the embedded system, made once and kept: without them its data cannot be read. */
export type EmbeddedSecrets = z.output<typeof shape>;

const keyBytes = 32;

const makeSecrets = (): EmbeddedSecrets => ({
  signingKey: randomBytes(keyBytes).toString('hex'),
  sealKey: `embedded:${randomBytes(keyBytes).toString('base64')}`,
  hashKey: randomBytes(keyBytes).toString('hex'),
});

const readText = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/**
 * Reads the secrets of this data folder; makes them when there are none.
 *
 * @throws StackError when the file is damaged: new secrets would not open the data that is there
 */
export const loadSecrets = (file: string): EmbeddedSecrets => {
  const text = readText(file);
  if (text === undefined) {
    const secrets = makeSecrets();
    // Whole or not at all: a half-written file would lock the data away.
    writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    return secrets;
  }
  try {
    const secrets = shape.parse(JSON.parse(text));
    chmodSync(file, 0o600);
    return secrets;
  } catch (error) {
    throw new StackError(
      `${file} is damaged. Without its keys the data cannot be read: put it back, or begin with empty data by --fresh after removing it.`,
      { cause: error },
    );
  }
};
