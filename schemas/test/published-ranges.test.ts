import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  REGIONS,
  SHIPPED_RANGES_FILE,
  addressesOf,
  rangeProblem,
  readPublishedRanges,
} from '../src/published-ranges.ts';

const dir = mkdtempSync(join(tmpdir(), 'landed-ranges-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test.each(REGIONS)('what comes with the project holds addresses of %s, each once', (region) => {
  const addresses = addressesOf(readPublishedRanges(SHIPPED_RANGES_FILE), region);
  expect(addresses.length).toBeGreaterThan(9);
  expect(new Set(addresses).size).toBe(addresses.length);
});

describe('what is refused', () => {
  const region = { date: '2027-01-02', lists: [{ origin: 'a test', addresses: ['192.0.2.1'] }] };
  const good = { source: 'a test', regions: { us: region, eu: region } };
  const withUs = (us: object): object => ({ ...good, regions: { us, eu: region } });
  test.each([
    ['no JSON', '<html>', 'is not JSON'],
    ['too large a file', ' '.repeat(300_000), 'is larger than'],
    ['a region missing', { ...good, regions: { us: region } }, 'regions.eu'],
    ['no date', withUs({ lists: region.lists }), 'regions.us.date'],
    ['no addresses', withUs({ ...region, lists: [{ origin: 'x', addresses: [] }] }), 'addresses'],
    [
      'an address that is none',
      withUs({ ...region, lists: [{ origin: 'x', addresses: ['192.0.2'] }] }),
      'regions.us.lists.0.addresses.0 must be an address or a network',
    ],
  ])('%s', (_name, content, words) => {
    const path = join(dir, 'ranges.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    expect(() => readPublishedRanges(path)).toThrow(words);
    expect(() => readPublishedRanges(path)).toThrow(path);
  });

  test('a file that is not there', () => {
    expect(() => readPublishedRanges(join(dir, 'none'))).toThrow('cannot be read (ENOENT)');
  });
});

test.each([
  ['192.0.2.1', null],
  ['192.0.0.0/16', null],
  ['2001:db8::/32', null],
  ['192.0.0.0/15', 'is wider than any sender needs'],
  ['::/0', 'is wider than any sender needs'],
  ['192.0.2.1/33', 'is no address or network'],
  ['', 'is no address or network'],
])('%s: %s', (entry, problem) => {
  expect(rangeProblem(entry)).toBe(problem);
});
