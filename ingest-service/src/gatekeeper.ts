import type { IncomingMessage } from 'node:http';
import type { Allowlist } from './allowlist.ts';
import { refused } from './answers.ts';
import type { Answer } from './answers.ts';
import { createLimiter } from './log.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Route } from './routes.ts';
import { headerValues } from './verify.ts';
import type { Refusal } from './verify.ts';

/** Refusals and surprises: said in the log, each kind at most once in a while. */
export type Gatekeeper = {
  /** Whether the allowlist lets a request's address call. In mode `log` it always does. */
  readonly lets: (allowlist: Allowlist, request: IncomingMessage) => boolean;
  readonly refuse: (route: Route, reason: Refusal) => Answer;
  /** An authentic call by a key that another one is meant to replace. */
  readonly oldKey: (route: Route, keyId: string) => void;
  readonly unexpected: (error: unknown) => void;
};

const QUIET_MS = 10_000;
/** Of an old key it is enough to hear now and then. */
const OLD_KEY_QUIET_MS = 10 * 60_000;

export function createGatekeeper({
  logger,
  metrics,
}: {
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'offList'>;
}): Gatekeeper {
  const limit = createLimiter(QUIET_MS);
  const limitOldKeys = createLimiter(OLD_KEY_QUIET_MS);
  return {
    lets: (allowlist, request) => {
      if (allowlist.mode === 'off') return true;
      const forwarded = headerValues(request.rawHeaders, 'x-forwarded-for');
      const client = allowlist.clientOf(request.socket.remoteAddress ?? '', forwarded);
      if (allowlist.isListed(client)) return true;
      metrics.offList(allowlist.mode);
      limit('off-list', (suppressed) => {
        // The one place that logs where a call came from: without it the list cannot be corrected.
        logger.warn({ remote: client, suppressed }, 'a caller is not on the allowlist');
      });
      return allowlist.mode === 'log';
    },
    refuse: ({ source, workspace }, reason) => {
      limit(`${source.name}/${workspace}/${reason}`, (suppressed) => {
        logger.warn({ source: source.name, workspace, reason, suppressed }, 'not authentic');
      });
      return refused(reason);
    },
    oldKey: ({ workspace }, keyId) => {
      limitOldKeys(`${workspace}/${keyId}`, (suppressed) => {
        const told = { workspace, key_id: keyId, suppressed };
        logger.warn(told, 'signed with an old key: the sender does not use the new one yet');
      });
    },
    unexpected: (error) => {
      limit('unexpected', (suppressed) => {
        logger.error({ error, suppressed }, 'a webhook failed unexpectedly, answered 503');
      });
    },
  };
}
