import type { Registry } from 'prom-client';
import type { AccessConfig } from './access-config.ts';
import { createAccess } from './access.ts';
import type { Access } from './access.ts';
import { createKeyWatch } from './key-watch.ts';
import type { Logger } from './log.ts';

/** Keys, secrets and lists as they are used now. */
export type AccessInUse = {
  readonly current: () => Access;
  /** Says in the log what is in use, and what ends soon. */
  readonly announce: () => void;
  /** Puts others in their place, and announces them. */
  readonly replace: (config: AccessConfig) => void;
  readonly stop: () => void;
};

function announce(
  { keyIds, allowlist, ranges, temporaryWorkspaces }: Access,
  logger: Logger,
): void {
  logger.info({ key_ids: keyIds }, 'signing keys in use');
  if (ranges !== null && allowlist.mode !== 'off') {
    const { file, date, count } = ranges;
    logger.info({ mode: allowlist.mode, file, date, count }, 'published ranges in the allowlist');
  }
  for (const workspace of temporaryWorkspaces) {
    logger.warn(
      { workspace },
      'TEMPORARY CONTROL: a shared secret stands in for the signature; set signing keys and turn it off',
    );
  }
}

export function createAccessInUse(
  config: AccessConfig,
  registry: Registry,
  logger: Logger,
): AccessInUse {
  let access = createAccess(config);
  const keyWatch = createKeyWatch({
    registry,
    routes: () => access.routes.all,
    logger,
    now: Date.now,
  });
  const tell = (): void => {
    announce(access, logger);
    keyWatch.look();
  };
  return {
    current: () => access,
    announce: tell,
    replace: (changed) => {
      access = createAccess(changed);
      tell();
    },
    stop: keyWatch.stop,
  };
}
