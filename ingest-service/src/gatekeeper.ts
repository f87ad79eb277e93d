import type { IncomingMessage } from 'node:http';
import type { Allowlist, AllowlistMode } from './allowlist.ts';
import { refused } from './answers.ts';
import type { Answer } from './answers.ts';
import type { Feed } from './feed.ts';
import type { KeysNow } from './key-ring.ts';
import { createLimiter } from './log.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Route } from './routes.ts';
import { headerValues } from './verify.ts';
import type { SigningKey, Verdict } from './verify.ts';

/** What the allowlist says of a caller. */
export type Caller = {
  readonly isRefused: boolean;
  /** Its address, when the list does not hold it; null when it does, or is off. */
  readonly offList: string | null;
  /** Of the list that does not hold it. */
  readonly mode: AllowlistMode;
};

type Authentic = Extract<Verdict, { kind: 'authentic' }>;
type Refused = Extract<Verdict, { kind: 'refused' }>;

/** Refusals and surprises: said in the log, each kind at most once in a while. */
export type Gatekeeper = {
  /** Looks a caller up. In mode `log` none is refused. */
  readonly look: (allowlist: Allowlist, request: IncomingMessage) => Caller;
  /** Notes an authentic call: its key, and when either the key or the caller is not as it should be. */
  readonly admit: (route: Route, keys: KeysNow, verdict: Authentic, caller: Caller) => void;
  readonly refuse: (route: Route, verdict: Refused, receivedAt: number) => Answer;
  /** The key that matched, unless it is outside its time: that proves nothing, and is told. */
  readonly timely: (route: Route, keys: KeysNow, matched: SigningKey | null) => SigningKey | null;
  readonly unexpected: (error: unknown) => void;
};

export type GatekeeperDeps = {
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'authentic' | 'offList' | 'untimelyKey'>;
  readonly feed: Pick<Feed, 'refused'>;
};

const QUIET_MS = 10_000;
/** Of an old key it is enough to hear now and then. */
const OLD_KEY_QUIET_MS = 10 * 60_000;
/** Addresses that are remembered as told, so that each is told once. */
const ADDRESSES_MAX = 1000;

/** A caller there is nothing to say about. */
const LISTED: Caller = { isRefused: false, offList: null, mode: 'off' };

type Say = (suppressed: number) => void;

/** Says each address once; those beyond the memory, together, once in a while. */
function createOnce(limit: (word: string, say: Say) => void): (address: string, say: Say) => void {
  const told = new Set<string>();
  return (address, say) => {
    if (told.has(address)) return;
    if (told.size >= ADDRESSES_MAX) {
      limit('beyond', say);
      return;
    }
    told.add(address);
    say(0);
  };
}

/** The one place that logs where a call came from: without it the list cannot be corrected. */
function createLookout({ logger, metrics }: GatekeeperDeps): {
  readonly look: Gatekeeper['look'];
  /** The signature of a caller's request was good. */
  readonly authentic: (caller: Caller) => void;
} {
  const once = createOnce(createLimiter(QUIET_MS));
  const onceAuthentic = createOnce(createLimiter(QUIET_MS));
  return {
    look: (allowlist, request) => {
      const { mode } = allowlist;
      if (mode === 'off') return LISTED;
      const forwarded = headerValues(request.rawHeaders, 'x-forwarded-for');
      const client = allowlist.clientOf(request.socket.remoteAddress ?? '', forwarded);
      if (allowlist.isListed(client)) return LISTED;
      metrics.offList(mode, false);
      once(client, (suppressed) => {
        logger.warn({ remote: client, mode, suppressed }, 'a caller is not on the allowlist');
      });
      return { isRefused: mode === 'enforce', offList: client, mode };
    },
    authentic: ({ offList, mode }) => {
      if (offList === null) return;
      metrics.offList(mode, true);
      onceAuthentic(offList, (suppressed) => {
        logger.warn(
          { remote: offList, mode, suppressed },
          'an authentic caller is not on the allowlist: enforce would refuse it',
        );
      });
    },
  };
}

/** What is said of keys that are old, or outside their time. */
function createKeyWords({ logger, metrics }: GatekeeperDeps): {
  readonly timely: Gatekeeper['timely'];
  /** An authentic call by a key that another one is meant to replace. */
  readonly oldKey: (route: Route, keyId: string) => void;
} {
  const limit = createLimiter(QUIET_MS);
  const limitOldKeys = createLimiter(OLD_KEY_QUIET_MS);
  return {
    oldKey: ({ workspace }, keyId) => {
      limitOldKeys(`${workspace}/${keyId}`, (suppressed) => {
        const told = { workspace, key_id: keyId, suppressed };
        logger.warn(told, 'signed with an old key: the sender does not use the new one yet');
      });
    },
    timely: ({ workspace }, keys, matched) => {
      const fault = matched && keys.faultOf(matched);
      if (matched === null || fault === null) return matched;
      const { id } = matched;
      metrics.untimelyKey(workspace, id, fault);
      limit(`${workspace}/${id}/${fault}`, (suppressed) => {
        const told = { workspace, key_id: id, fault, suppressed };
        logger.error(
          told,
          'SIGNED WITH A KEY OUTSIDE ITS TIME: change its time, or the sender waits',
        );
      });
      return null;
    },
  };
}

export function createGatekeeper(deps: GatekeeperDeps): Gatekeeper {
  const { logger, metrics, feed } = deps;
  const limit = createLimiter(QUIET_MS);
  const { look, authentic } = createLookout(deps);
  const { timely, oldKey } = createKeyWords(deps);
  return {
    look,
    timely,
    admit: (route, keys, { keyId, flags }, caller) => {
      metrics.authentic(route.workspace, keyId, flags);
      if (keyId !== null && keyId !== keys.newest?.id) oldKey(route, keyId);
      authentic(caller);
    },
    refuse: ({ source, workspace }, { reason, signedAt }, receivedAt) => {
      if (signedAt !== undefined) feed.refused(workspace, signedAt, receivedAt);
      limit(`${source.name}/${workspace}/${reason}`, (suppressed) => {
        logger.warn({ source: source.name, workspace, reason, suppressed }, 'not authentic');
      });
      return refused(reason);
    },
    unexpected: (error) => {
      limit('unexpected', (suppressed) => {
        logger.error({ error, suppressed }, 'a webhook failed unexpectedly, answered 503');
      });
    },
  };
}
