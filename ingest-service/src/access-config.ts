import type { BlockList } from 'node:net';
import {
  REGIONS,
  SHIPPED_RANGES_FILE,
  addressesOf,
  readPublishedRanges,
} from '@landed/schemas/published-ranges';
import type { Region } from '@landed/schemas/published-ranges';
import { SettingsError, oneOf, wholeNumber } from '@landed/schemas/settings';
import type { Environment } from '@landed/schemas/settings';
import { z } from 'zod';
import { addNetworks, parseCidrs } from './allowlist.ts';
import type { AllowlistMode } from './allowlist.ts';
import { parseSigningKeys, timeProblems } from './key-list.ts';
import type { SigningKeyList } from './key-list.ts';
import { parseWorkspaceSecrets } from './signing-keys.ts';
import type { WorkspaceSecrets } from './signing-keys.ts';
import type { SecretPlace } from './temporary-control.ts';
import type { TimestampPolicy } from './verify.ts';

/** The published ranges an allowlist names. */
export type NamedRanges = {
  readonly file: string;
  readonly regions: readonly Region[];
  /** When the oldest of them was read, YYYY-MM-DD. */
  readonly date: string;
  readonly count: number;
};

/** What decides who may call, and how it is proved. Read again on SIGHUP and when its files change. */
export type AccessConfig = {
  readonly signingKeys: SigningKeyList;
  /** Empty unless the temporary control is asked for. */
  readonly temporarySecrets: WorkspaceSecrets;
  readonly temporaryPlace: SecretPlace | null;
  readonly timestampPolicy: TimestampPolicy;
  readonly allowlistMode: AllowlistMode;
  readonly networks: BlockList;
  /** Null when the allowlist names none. */
  readonly ranges: NamedRanges | null;
  readonly trustedProxies: BlockList;
};

/** Words of the allowlist that stand for published ranges. */
const RANGE_NAMES: Readonly<Record<string, readonly Region[]>> = {
  customerio: REGIONS,
  'customerio-us': ['us'],
  'customerio-eu': ['eu'],
};

const entriesOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

function parseNetworks(entries: readonly string[], context: z.RefinementCtx): BlockList {
  const { list, malformed } = parseCidrs(entries);
  for (const entry of malformed) {
    context.addIssue({ code: 'custom', message: `"${entry}" is no address or network` });
  }
  return list;
}

const cidrs = z
  .string()
  .default('')
  .transform((text, context) => parseNetworks(entriesOf(text), context));

const allowlist = z
  .string()
  .default('')
  .transform((text, context) => {
    const entries = entriesOf(text);
    const regions = entries.flatMap((entry) => RANGE_NAMES[entry] ?? []);
    const plain = entries.filter((entry) => RANGE_NAMES[entry] === undefined);
    return { list: parseNetworks(plain, context), regions: [...new Set(regions)] };
  });

const TOLERANCE_S = wholeNumber(300, 1, 604_800);

/** Settings of access, by name. */
export const accessShape = {
  INGEST_TIMESTAMP_POLICY: oneOf(['flag', 'enforce'], 'flag'),
  INGEST_TIMESTAMP_PAST_TOLERANCE_SECONDS: TOLERANCE_S,
  INGEST_TIMESTAMP_FUTURE_TOLERANCE_SECONDS: TOLERANCE_S,
  INGEST_ALLOWLIST_MODE: oneOf(['off', 'log', 'enforce'], 'off'),
  INGEST_ALLOWLIST: allowlist,
  INGEST_RANGES_FILE: z.string().default(SHIPPED_RANGES_FILE),
  INGEST_TRUSTED_PROXIES: cidrs,
  INGEST_TEMPORARY_CONTROL: oneOf(['off', 'header', 'path'], 'off'),
  CUSTOMERIO_SIGNING_KEYS: z.string().transform(parseSigningKeys).optional(),
  CUSTOMERIO_TEMPORARY_SECRETS: z.string().transform(parseWorkspaceSecrets).optional(),
};

export const accessSecrets = ['CUSTOMERIO_SIGNING_KEYS', 'CUSTOMERIO_TEMPORARY_SECRETS'] as const;

type AccessSettings = z.output<z.ZodObject<typeof accessShape>>;

/** Settings of access that only make sense together. */
export function accessProblems(env: Environment): string[] {
  // An empty text counts as not set.
  const isSet = (name: string): boolean => [name, `${name}_FILE`].some((each) => env[each]);
  const isOff = (name: string): boolean => [undefined, '', 'off'].includes(env[name]);
  const isControlled = !isOff('INGEST_TEMPORARY_CONTROL');
  const isListing = !isOff('INGEST_ALLOWLIST_MODE');
  const problems: string[] = [];
  if (!isSet('CUSTOMERIO_SIGNING_KEYS') && !isControlled) {
    problems.push('CUSTOMERIO_SIGNING_KEYS: must be set (workspace:key[,key];…) (not set)');
  }
  if (isControlled && !isSet('CUSTOMERIO_TEMPORARY_SECRETS')) {
    problems.push(
      'CUSTOMERIO_TEMPORARY_SECRETS: must be set with INGEST_TEMPORARY_CONTROL (not set)',
    );
  }
  if (!isControlled && isSet('CUSTOMERIO_TEMPORARY_SECRETS')) {
    problems.push('CUSTOMERIO_TEMPORARY_SECRETS: is set, but INGEST_TEMPORARY_CONTROL is off');
  }
  if (isListing && !isSet('INGEST_ALLOWLIST')) {
    problems.push('INGEST_ALLOWLIST: must be set unless INGEST_ALLOWLIST_MODE is off (not set)');
  }
  return problems;
}

/** Adds the published ranges an allowlist names to its networks. Throws when they cannot be read. */
function namedRanges(settings: AccessSettings, list: BlockList): NamedRanges | null {
  const { regions } = settings.INGEST_ALLOWLIST;
  if (regions.length === 0) return null;
  const file = settings.INGEST_RANGES_FILE;
  const ranges = readPublishedRanges(file);
  const addresses = new Set(regions.flatMap((region) => addressesOf(ranges, region)));
  addNetworks(list, [...addresses]);
  const dates = regions.map((region) => ranges.regions[region].date);
  return { file, regions, date: dates.sort()[0] ?? '', count: addresses.size };
}

/**
 * Who may call, from settings that were read.
 *
 * @param now ms; a workspace that none of its keys opens now is refused
 * @throws SettingsError or OperationError that says what is wrong, no secret in it
 */
export function accessConfig(settings: AccessSettings, now: number): AccessConfig {
  const signingKeys: SigningKeyList = settings.CUSTOMERIO_SIGNING_KEYS ?? new Map();
  const problems = timeProblems(signingKeys, now).map((each) => `CUSTOMERIO_SIGNING_KEYS: ${each}`);
  if (problems.length > 0) throw new SettingsError(problems);
  const place = settings.INGEST_TEMPORARY_CONTROL;
  const networks = settings.INGEST_ALLOWLIST.list;
  return {
    signingKeys,
    temporarySecrets: settings.CUSTOMERIO_TEMPORARY_SECRETS ?? new Map(),
    temporaryPlace: place === 'off' ? null : place,
    timestampPolicy: {
      mode: settings.INGEST_TIMESTAMP_POLICY,
      pastToleranceSeconds: settings.INGEST_TIMESTAMP_PAST_TOLERANCE_SECONDS,
      futureToleranceSeconds: settings.INGEST_TIMESTAMP_FUTURE_TOLERANCE_SECONDS,
    },
    allowlistMode: settings.INGEST_ALLOWLIST_MODE,
    networks,
    ranges: namedRanges(settings, networks),
    trustedProxies: settings.INGEST_TRUSTED_PROXIES,
  };
}
