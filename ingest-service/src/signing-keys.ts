import { createHash, createHmac } from 'node:crypto';
import { createHmacKey } from '@landed/schemas/hmac';
import type { z } from 'zod';
import type { SigningKey } from './verify.ts';

/** Secrets per workspace, as configured. */
export type WorkspaceSecrets = ReadonlyMap<string, readonly string[]>;

export const WORKSPACE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
export const SECRET_CHARS_MIN = 16;
/** Each key of a workspace costs every call a digest. */
export const KEYS_MAX = 16;

/** Why a text cannot be a secret, without showing it; null when it can. */
export function secretProblem(secret: string): string | null {
  if (secret === '') return 'is empty';
  if (/\s/.test(secret)) return 'holds white space';
  if (secret.length < SECRET_CHARS_MIN) {
    return `has ${secret.length} characters, fewer than ${SECRET_CHARS_MIN}`;
  }
  return null;
}

/**
 * Parses `workspace:secret[,secret];workspace2:secret`, reporting every problem without showing a
 * secret. For a zod transform.
 */
export function parseWorkspaceSecrets(text: string, context: z.RefinementCtx): WorkspaceSecrets {
  const complain = (message: string): void => context.addIssue({ code: 'custom', message });
  const workspaces = new Map<string, readonly string[]>();
  const parts = text.endsWith(';') ? text.slice(0, -1).split(';') : text.split(';');
  for (const [index, part] of parts.entries()) {
    const colon = part.indexOf(':');
    const workspace = part.slice(0, Math.max(0, colon));
    if (!WORKSPACE.test(workspace)) {
      complain(
        `entry ${index + 1} must be workspace:key, the workspace of letters, digits, - and _`,
      );
      continue;
    }
    if (workspaces.has(workspace)) complain(`workspace "${workspace}" stands twice`);
    const secrets = part.slice(colon + 1).split(',');
    if (secrets.length > KEYS_MAX) {
      complain(`workspace "${workspace}" has ${secrets.length} keys, more than ${KEYS_MAX}`);
    }
    for (const [at, secret] of secrets.entries()) {
      const problem = secretProblem(secret);
      if (problem !== null) complain(`key ${at + 1} of workspace "${workspace}" ${problem}`);
      if (secrets.indexOf(secret) < at) {
        complain(`key ${at + 1} of workspace "${workspace}" stands twice`);
      }
    }
    workspaces.set(workspace, secrets);
  }
  return workspaces;
}

/** Names a key without revealing it: 8 hex digits of SHA-256 of the key's HMAC of a constant. */
export function signingKeyId(secret: string): string {
  const mac = createHmac('sha256', secret).update('landed/signing-key').digest();
  return createHash('sha256').update(mac).digest('hex').slice(0, 8);
}

/** A key ready for use: as plain UTF-8 text, which is how the sender takes it. */
export function signingKey(secret: string): SigningKey {
  return { id: signingKeyId(secret), secret: createHmacKey(Buffer.from(secret, 'utf8')) };
}
