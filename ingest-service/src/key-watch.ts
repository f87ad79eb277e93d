import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { coveredUntil } from './key-list.ts';
import type { Logger } from './log.ts';
import type { Route } from './routes.ts';

export type KeyWatchDeps = {
  readonly registry: Registry;
  readonly routes: () => readonly Route[];
  readonly logger: Logger;
  /** ms */
  readonly now: () => number;
};

/** Warns before the last valid key of a workspace ends. */
export type KeyWatch = {
  /** Looks at every workspace; each warning is said once. */
  readonly look: () => void;
  readonly stop: () => void;
};

const LOOK_MS = 60_000;
const DAY_MS = 86_400_000;
/** How long before the end a warning is said, the last one first. */
const STAGES_MS = [-1, DAY_MS, 7 * DAY_MS];
const SECOND_MS = 1000;

function expiryGauge({ registry, routes }: KeyWatchDeps): void {
  const expiry: Gauge = new Gauge({
    name: 'ingest_signing_key_expiry_seconds',
    help: 'Unix time a signing key ends at; keys without an end have no value',
    labelNames: ['workspace', 'key_id'],
    registers: [registry],
    collect: (): void => {
      expiry.reset();
      for (const { workspace, keys } of routes()) {
        for (const { id, notAfter } of keys.keys) {
          if (notAfter === Infinity) continue;
          expiry.set({ workspace, key_id: id }, Math.floor(notAfter / SECOND_MS));
        }
      }
    },
  });
}

/** Watches the ends of signing keys. One timer for all, which never keeps the process alive. */
export function createKeyWatch(deps: KeyWatchDeps): KeyWatch {
  const { routes, logger, now } = deps;
  const said = new Map<string, string>();
  expiryGauge(deps);

  const tell = ({ workspace, keys }: Route, at: number): void => {
    if (keys.keys.length === 0) return;
    // The last millisecond in which a key is valid; once it has passed, it moves with the clock.
    const endsAt = coveredUntil(keys.keys, at) - 1;
    const stage = STAGES_MS.findIndex((leadMs) => endsAt - at <= leadMs);
    const word = stage < 0 ? '' : `${stage}/${stage === 0 ? '' : endsAt}`;
    if (said.get(workspace) === word) return;
    said.set(workspace, word);
    if (stage < 0) return;
    if (stage === 0) {
      logger.error({ workspace }, 'NO SIGNING KEY IS VALID: every call is refused, set a new key');
      return;
    }
    logger.warn(
      { workspace, expires_at: new Date(endsAt).toISOString() },
      'the last valid signing key ends soon: set a new one here, then in Customer.io',
    );
  };

  const look = (): void => {
    const at = now();
    const present = routes();
    for (const route of present) tell(route, at);
    for (const workspace of said.keys()) {
      if (!present.some((route) => route.workspace === workspace)) said.delete(workspace);
    }
  };
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  return { look, stop: () => clearInterval(timer) };
}
