import { readSettings, SettingsError, wholeNumber } from '@landed/schemas/settings';
import type { Environment } from '@landed/schemas/settings';
import { z } from 'zod';
import { configuredKeys } from './configured-keys.ts';

export type TrafficSettings = {
  /** Where calls go, the whole URL. */
  readonly url: URL;
  readonly workspace: string;
  readonly key: string;
  /** Calls a second. */
  readonly rate: number;
  /** Calls to make; null: without end. */
  readonly events: number | null;
  readonly seed: string;
  /** Folder of the ledger. */
  readonly ledger: string;
  readonly order: 'independent' | 'behind';
  readonly inFlightMax: number;
  readonly waitingMax: number;
  readonly timeoutMs: number;
  readonly retryMs: number;
  readonly retryMaxMs: number;
  readonly longWaitMs: number;
};

const shape = {
  TRAFFIC_URL: z
    .string()
    .refine(
      (text) => /^https?:\/\/\S+$/.test(text) && URL.canParse(text),
      'must be an http or https URL',
    )
    .default('http://127.0.0.1:8080'),
  TRAFFIC_WORKSPACE: z
    .string({ error: 'must be set: the workspace the calls belong to' })
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be letters, digits, dots, dashes'),
  TRAFFIC_SIGNING_KEY: z.string().optional(),
  CUSTOMERIO_SIGNING_KEYS: z.string().optional(),
  TRAFFIC_RATE: z
    .string()
    .regex(/^\d{1,6}(\.\d{1,3})?$/, 'must be a number of calls a second')
    .default('20')
    .transform(Number)
    .refine((rate) => rate > 0 && rate <= 5000, 'must be above 0, at most 5000'),
  TRAFFIC_EVENTS: wholeNumber(0, 0, 1_000_000_000),
  TRAFFIC_SEED: z.string().max(200, 'must have at most 200 characters').default('1'),
  TRAFFIC_LEDGER: z.string({ error: 'must be set: the folder of the ledger' }),
  TRAFFIC_ORDER: z
    .enum(['independent', 'behind'], { error: 'must be independent or behind' })
    .default('independent'),
  TRAFFIC_IN_FLIGHT_MAX: wholeNumber(64, 1, 1000),
  TRAFFIC_WAITING_MAX: wholeNumber(20_000, 1, 1_000_000),
  TRAFFIC_TIMEOUT_MS: wholeNumber(4000, 10, 60_000),
  TRAFFIC_RETRY_MS: wholeNumber(250, 1, 60_000),
  TRAFFIC_RETRY_MAX_MS: wholeNumber(5000, 1, 3_600_000),
  TRAFFIC_LONG_WAIT_MS: wholeNumber(1000, 1, 3_600_000),
};

/** The first key of a workspace in `CUSTOMERIO_SIGNING_KEYS` that is valid now. */
function firstKeyOf(list: string | undefined, workspace: string): string | undefined {
  const keys = configuredKeys(list ?? '', Date.now());
  return keys.find((each) => each.workspace === workspace)?.key;
}

/** A bare origin gets the path of the webhook endpoint. */
function endpoint(text: string, workspace: string): URL {
  const url = new URL(text);
  if (url.pathname === '/') url.pathname = `/v1/webhooks/customerio/${workspace}/reporting`;
  return url;
}

/**
 * Settings of the traffic sender. The key is `TRAFFIC_SIGNING_KEY`, else the first key of the
 * workspace in `CUSTOMERIO_SIGNING_KEYS`; both also as `…_FILE`.
 *
 * @throws SettingsError listing every problem
 */
export function readTrafficSettings(env: Environment): TrafficSettings {
  const read = readSettings(env, shape, ['TRAFFIC_SIGNING_KEY', 'CUSTOMERIO_SIGNING_KEYS']);
  const workspace = read.TRAFFIC_WORKSPACE;
  const key = read.TRAFFIC_SIGNING_KEY ?? firstKeyOf(read.CUSTOMERIO_SIGNING_KEYS, workspace);
  if (key === undefined || key === '') {
    throw new SettingsError([
      `TRAFFIC_SIGNING_KEY: must be set, or a key of workspace "${workspace}" in CUSTOMERIO_SIGNING_KEYS (not set)`,
    ]);
  }
  return {
    url: endpoint(read.TRAFFIC_URL, workspace),
    workspace,
    key,
    rate: read.TRAFFIC_RATE,
    events: read.TRAFFIC_EVENTS === 0 ? null : read.TRAFFIC_EVENTS,
    seed: read.TRAFFIC_SEED,
    ledger: read.TRAFFIC_LEDGER,
    order: read.TRAFFIC_ORDER,
    inFlightMax: read.TRAFFIC_IN_FLIGHT_MAX,
    waitingMax: read.TRAFFIC_WAITING_MAX,
    timeoutMs: read.TRAFFIC_TIMEOUT_MS,
    retryMs: read.TRAFFIC_RETRY_MS,
    retryMaxMs: read.TRAFFIC_RETRY_MAX_MS,
    longWaitMs: read.TRAFFIC_LONG_WAIT_MS,
  };
}
