import { existsSync } from 'node:fs';
import Table from 'cli-table3';
import { Option } from 'commander';
import { OperationError } from '@landed/schemas/fate';
import {
  REGIONS,
  SHIPPED_RANGES_FILE,
  addressesOf,
  readPublishedRanges,
} from '@landed/schemas/published-ranges';
import type { PublishedRanges, Region } from '@landed/schemas/published-ranges';
import { readSettings } from '@landed/schemas/settings';
import { z } from 'zod';
import type { AddCommand, Shell } from './command.ts';
import { ADDRESSES_PATH, fetchAddresses } from './ranges/fetch-addresses.ts';
import { changeOf, losesTooMuch, withFresh, writeRanges } from './ranges/renewal.ts';
import type { RangeChange } from './ranges/renewal.ts';

/** Where the App API of each region is, and how long one of its answers may take. */
export type Apis = Readonly<Record<Region, string>> & { readonly deadlineMs: number };

const APIS: Apis = {
  us: 'https://api.customer.io',
  eu: 'https://api-eu.customer.io',
  deadlineMs: 5000,
};

type Options = {
  readonly renew: boolean;
  readonly region?: Region | 'both';
  readonly file?: string;
  readonly force: boolean;
  readonly json: boolean;
};

const fileShape = { INGEST_RANGES_FILE: z.string().optional() };
const keyShape = {
  CUSTOMERIO_APP_API_KEY: z
    .string({ error: 'must be set: an App API key of the region' })
    .regex(/^[\x21-\x7e]{16,256}$/, 'must be 16 to 256 visible ASCII characters'),
};

/** Names of the settings of this command alone, for the check of `.env.example`. */
export const rangesSettingNames: readonly string[] = Object.keys(keyShape);

function drawRanges(ranges: PublishedRanges): string {
  const table = new Table({
    head: ['region', 'date', 'where they stand', 'addresses'],
    style: { head: [], border: [] },
    colWidths: [null, null, 44, null],
    wordWrap: true,
  });
  for (const region of REGIONS) {
    const { date, lists } = ranges.regions[region];
    for (const { origin, addresses } of lists) {
      table.push([region, date, origin, addresses.join('\n')]);
    }
  }
  return table.toString();
}

function drawChange({ region, before, added, removed }: RangeChange): string {
  const after = before + added.length - removed.length;
  const lines = [
    ...added.map((entry) => `  + ${entry}`),
    ...removed.map((entry) => `  - ${entry}`),
  ];
  const words =
    lines.length === 0 ? 'unchanged' : `${added.length} added, ${removed.length} removed`;
  return [`${region}: ${before} addresses before, ${after} now: ${words}`, ...lines].join('\n');
}

function refuseLoss(change: RangeChange): void {
  if (!losesTooMuch(change)) return;
  const { region, before, removed } = change;
  throw new OperationError(
    `the fresh list of region ${region} loses ${removed.length} of ${before} addresses; nothing was written. ` +
      'If that is right, --force',
    { retriable: true },
  );
}

/** Asks for every region first: the file changes whole or not at all. */
async function renew(
  apis: Apis,
  { env, print }: Shell,
  { region, force }: Options,
  file: string,
): Promise<void> {
  if (region === undefined) {
    throw new OperationError('--renew needs --region us, eu or both', { retriable: false });
  }
  const { CUSTOMERIO_APP_API_KEY: key } = readSettings(env, keyShape, ['CUSTOMERIO_APP_API_KEY']);
  const held = readPublishedRanges(existsSync(file) ? file : SHIPPED_RANGES_FILE);
  const date = new Date().toISOString().slice(0, 10);
  let ranges = held;
  const changes: RangeChange[] = [];
  for (const each of region === 'both' ? REGIONS : [region]) {
    const api = apis[each];
    const addresses = await fetchAddresses({ api, key, deadlineMs: apis.deadlineMs });
    changes.push(changeOf(held, each, addresses));
    ranges = withFresh(ranges, each, { addresses, origin: `${api}${ADDRESSES_PATH}`, date });
  }
  if (!force) for (const change of changes) refuseLoss(change);
  writeRanges(file, ranges);
  for (const change of changes) print(drawChange(change));
  print(`written to ${file}`);
}

function show(ranges: PublishedRanges, file: string, isJson: boolean): string {
  if (isJson) return JSON.stringify({ file, ...ranges }, null, 2);
  const counts = REGIONS.map((region) => `${region} ${addressesOf(ranges, region).length}`);
  return `${drawRanges(ranges)}\n${counts.join(', ')} addresses in ${file}`;
}

/** `landed ranges`: the addresses Customer.io calls from, and their renewal. */
export const createRanges =
  (apis: Apis): AddCommand =>
  (program, shell) => {
    program
      .command('ranges')
      .description('show the published addresses the allowlist may name, or renew them')
      .option('--renew', 'ask Customer.io, and write what it says', false)
      .addOption(
        new Option('--region <name>', 'whose addresses to renew').choices([...REGIONS, 'both']),
      )
      .option('--file <path>', 'the file; else INGEST_RANGES_FILE, else the one that comes with it')
      .option('--force', 'write also a list that loses more than half of the addresses', false)
      .option('--json', 'the ranges as JSON', false)
      .addHelpText(
        'after',
        `
The renewal needs CUSTOMERIO_APP_API_KEY (or CUSTOMERIO_APP_API_KEY_FILE), a key of that region;
with a key for each, renew one region after the other.
Exit code: 0 done, 1 no usable list, nothing was written, 2 settings or usage.`,
      )
      .action(async (options: Options) => {
        const { INGEST_RANGES_FILE: configured } = readSettings(shell.env, fileShape);
        const file = options.file ?? configured ?? SHIPPED_RANGES_FILE;
        if (options.renew) await renew(apis, shell, options, file);
        else shell.print(show(readPublishedRanges(file), file, options.json));
      });
  };

export const addRanges: AddCommand = createRanges(APIS);
