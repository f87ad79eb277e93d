import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { OperationError } from './fate.ts';
import { parseNetwork } from './network.ts';

export const REGIONS = ['us', 'eu'] as const;
export type Region = (typeof REGIONS)[number];

/** Where the ranges that come with the project lie. */
export const SHIPPED_RANGES_FILE = fileURLToPath(
  new URL('../data/customerio-ranges.json', import.meta.url),
);

const FILE_BYTES_MAX = 256 * 1024;
const ADDRESSES_MAX = 1000;
/** A published network wider than this is a slip that would open the list to strangers. */
const BITS_MIN = { ipv4: 16, ipv6: 32 } as const;

/** Why an entry cannot be one of a sender's published addresses; null when it can. */
export function rangeProblem(entry: string): string | null {
  const network = parseNetwork(entry);
  if (network === null) return 'is no address or network';
  return network.bits < BITS_MIN[network.family] ? 'is wider than any sender needs' : null;
}

const range = z
  .string()
  .max(64)
  .refine((entry) => rangeProblem(entry) === null, 'must be an address or a network');

/** Addresses as a sender publishes them; none, or too many, are no list. */
export const rangeList = z.array(range).min(1).max(ADDRESSES_MAX);

const regionShape = z.strictObject({
  /** When the lists were read, YYYY-MM-DD. */
  date: z.iso.date(),
  lists: z.array(z.strictObject({ origin: z.string().max(500), addresses: rangeList })).min(1),
});

const fileShape = z.strictObject({
  source: z.string().max(500),
  regions: z.strictObject({ us: regionShape, eu: regionShape }),
});

/** The addresses a sender calls from, by region, and where each list stood. */
export type PublishedRanges = z.output<typeof fileShape>;

/** Every address of a region once, in the order of the file. */
export const addressesOf = (ranges: PublishedRanges, region: Region): readonly string[] => [
  ...new Set(ranges.regions[region].lists.flatMap(({ addresses }) => addresses)),
];

function readBounded(path: string): string {
  try {
    if (statSync(path).size > FILE_BYTES_MAX) {
      throw new OperationError(`${path} is larger than ${FILE_BYTES_MAX} bytes`, {
        retriable: false,
      });
    }
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof OperationError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? 'error';
    throw new OperationError(`${path} cannot be read (${code})`, { retriable: false, cause });
  }
}

/**
 * Reads a file of published ranges.
 *
 * @throws OperationError, not retriable, that names the file and what is wrong with it
 */
export function readPublishedRanges(path: string): PublishedRanges {
  const text = readBounded(path);
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (cause) {
    throw new OperationError(`${path} is not JSON`, { retriable: false, cause });
  }
  const parsed = fileShape.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.map(String).join('.') ?? '';
  throw new OperationError(`${path} is no file of ranges: ${place} ${issue?.message ?? ''}`, {
    retriable: false,
  });
}
