import { createHash, timingSafeEqual } from 'node:crypto';
import { headerValues } from './verify.ts';

/** Where the shared secret of the temporary control stands in a request. */
export type SecretPlace = 'header' | 'path';

export const SECRET_HEADER = 'x-landed-secret';

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * The temporary control of a workspace that cannot verify signatures yet: a shared secret in a header
 * or as the last part of the path. What only it lets in is flagged `temporary_control`.
 */
export type TemporaryControl = {
  readonly place: SecretPlace;
  /** Compares with every secret, in constant time. */
  readonly isKnown: (presented: string) => boolean;
};

export function createTemporaryControl(
  place: SecretPlace,
  secrets: readonly string[],
): TemporaryControl {
  // Digests are compared, so that the length of a secret does not show either.
  const digests = secrets.map(sha256);
  return {
    place,
    isKnown: (presented) => {
      const digest = sha256(presented);
      let isKnown = false;
      for (const known of digests) isKnown = timingSafeEqual(known, digest) || isKnown;
      return isKnown;
    },
  };
}

/** Whether a request satisfies the control of its workspace. False when there is none. */
export function satisfies(
  control: TemporaryControl | null,
  rawHeaders: readonly string[],
  fromPath: string | null,
): boolean {
  if (control === null) return false;
  if (control.place === 'path') return fromPath !== null && control.isKnown(fromPath);
  const [secret, ...more] = headerValues(rawHeaders, SECRET_HEADER);
  return secret !== undefined && more.length === 0 && control.isKnown(secret);
}
