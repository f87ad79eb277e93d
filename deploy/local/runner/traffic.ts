import { join } from 'node:path';
import { readSettings } from '@landed/schemas/settings';
import { z } from 'zod';
import { configuredKeys } from '../../traffic/configured-keys.ts';
import { runTraffic, type TrafficLine } from '../../traffic/run-traffic.ts';
import { readTrafficSettings, type TrafficSettings } from '../../traffic/settings.ts';
import type { RunnerOptions } from './options.ts';

type Environment = Readonly<Record<string, string>>;
type Progress = Extract<TrafficLine, { readonly at: 'progress' | 'end' }>;

const liveRate = 20;
/** A finite run is waited for, so it goes faster. */
const finiteRate = 200;

/** The first workspace that has a key now: the one the traffic is sent to. */
export const firstWorkspace = (env: Environment): string => {
  const shape = { CUSTOMERIO_SIGNING_KEYS: z.string() };
  const keys = readSettings(env, shape, ['CUSTOMERIO_SIGNING_KEYS']).CUSTOMERIO_SIGNING_KEYS;
  return configuredKeys(keys, Date.now())[0]?.workspace ?? '';
};

/**
 * Settings of the traffic: an option wins over the environment, the environment over our defaults.
 *
 * @throws SettingsError
 */
export const trafficSettings = (
  options: RunnerOptions,
  env: Environment,
  webhook: string,
  dir: string,
): TrafficSettings => {
  const { events, rate, seed, isExit } = options;
  const defaults = {
    TRAFFIC_URL: webhook,
    TRAFFIC_WORKSPACE: firstWorkspace(env),
    TRAFFIC_LEDGER: join(dir, 'ledger'),
    TRAFFIC_RATE: String(isExit ? finiteRate : liveRate),
  };
  const asked = {
    ...(events === null ? {} : { TRAFFIC_EVENTS: String(events) }),
    ...(rate === null ? {} : { TRAFFIC_RATE: String(rate) }),
    ...(seed === null ? {} : { TRAFFIC_SEED: seed }),
  };
  return readTrafficSettings({ ...defaults, ...env, ...asked });
};

/** Traffic that goes on in the background. */
export interface Traffic {
  readonly progress: () => Progress | undefined;
  readonly hasEnded: () => boolean;
  /** True when a finite run was acknowledged whole; false when it was stopped. */
  readonly ended: Promise<boolean>;
  stop: () => Promise<void>;
}

export const startTraffic = (settings: TrafficSettings): Traffic => {
  const stopping = new AbortController();
  let progress: Progress | undefined;
  const tell = (line: TrafficLine): void => {
    if (line.at !== 'start') progress = line;
  };
  const ended = runTraffic(settings, tell, stopping.signal);
  let hasEnded = false;
  const markEnd = (): void => {
    hasEnded = true;
  };
  // Whoever waits for the end sees a failure; until then it is nobody's unhandled one.
  ended.then(markEnd, markEnd);
  return {
    progress: () => progress,
    hasEnded: () => hasEnded,
    ended,
    stop: async () => {
      stopping.abort();
      await ended.catch(() => false);
    },
  };
};
