import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { OperationError } from '@landed/schemas/fate';
import { parseNetwork } from '@landed/schemas/network';
import { addressesOf } from '@landed/schemas/published-ranges';
import type { PublishedRanges, Region } from '@landed/schemas/published-ranges';

/** What a fresh list changes in a region. */
export type RangeChange = {
  readonly region: Region;
  /** Addresses before. */
  readonly before: number;
  readonly added: readonly string[];
  readonly removed: readonly string[];
};

/** Of a list that loses a larger share something is wrong, there or here. */
const LOSS_MAX = 0.5;

/** One spelling for each network. */
function plain(entry: string): string {
  const network = parseNetwork(entry);
  return network === null ? entry : `${network.address.toLowerCase()}/${network.bits}`;
}

/** Compares the ranges of a region with a fresh list. */
export function changeOf(
  ranges: PublishedRanges,
  region: Region,
  fresh: readonly string[],
): RangeChange {
  const held = addressesOf(ranges, region);
  const heldPlain = new Set(held.map(plain));
  const freshPlain = new Set(fresh.map(plain));
  return {
    region,
    before: held.length,
    added: fresh.filter((entry) => !heldPlain.has(plain(entry))),
    removed: held.filter((entry) => !freshPlain.has(plain(entry))),
  };
}

/** Whether a change takes more away than a sender's change of addresses does. */
export const losesTooMuch = ({ before, removed }: RangeChange): boolean =>
  removed.length > before * LOSS_MAX;

/** The same ranges with a fresh list in the place of all lists of a region. */
export function withFresh(
  ranges: PublishedRanges,
  region: Region,
  fresh: { readonly addresses: readonly string[]; readonly origin: string; readonly date: string },
): PublishedRanges {
  const { addresses, origin, date } = fresh;
  const renewed = { date, lists: [{ origin, addresses: [...addresses] }] };
  return { ...ranges, regions: { ...ranges.regions, [region]: renewed } };
}

/**
 * Writes a file of ranges whole or not at all: beside it, flushed, then renamed.
 *
 * @throws OperationError, not retriable, when that place cannot be written
 */
export function writeRanges(file: string, ranges: PublishedRanges): void {
  const fresh = `${file}.${process.pid}.new`;
  try {
    const descriptor = openSync(fresh, 'wx', 0o644);
    try {
      writeFileSync(descriptor, `${JSON.stringify(ranges, null, 2)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(fresh, file);
  } catch (cause) {
    rmSync(fresh, { force: true });
    const code = (cause as NodeJS.ErrnoException).code ?? 'error';
    throw new OperationError(`${file} cannot be written (${code})`, { retriable: false, cause });
  }
}
