import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { SHIPPED_RANGES_FILE, readPublishedRanges } from '@landed/schemas/published-ranges';
import { OperationError } from '@landed/schemas/fate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRanges } from '../../src/commands/ranges.ts';
import { runLanded } from '../../src/commands/program.ts';
import { list, say, startFakeAppApi } from './fake-app-api.ts';
import type { FakeAppApi } from './fake-app-api.ts';

const KEY = 'an-app-api-key-of-these-tests';
const BEFORE = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
let dir: string;
let file: string;
let us: FakeAppApi;
let eu: FakeAppApi;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'landed-ranges-'));
  file = join(dir, 'ranges.json');
  const region = { date: '2026-01-01', lists: [{ origin: 'a test', addresses: BEFORE }] };
  const ranges = { source: 'a test', regions: { us: region, eu: region } };
  writeFileSync(file, JSON.stringify(ranges));
  us = await startFakeAppApi();
  eu = await startFakeAppApi();
});
afterEach(async () => {
  await us.close();
  await eu.close();
  rmSync(dir, { recursive: true, force: true });
});

type Outcome = { readonly text: string; readonly error: unknown };

/** Runs the command against the fakes; what it throws is kept. */
async function ranges(
  args: readonly string[],
  env: Record<string, string> = {},
  deadlineMs = 5000,
): Promise<Outcome> {
  let text = '';
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  createRanges({ us: us.url, eu: eu.url, deadlineMs })(program, {
    env: { CUSTOMERIO_APP_API_KEY: KEY, INGEST_RANGES_FILE: file, ...env },
    input: () => {
      throw new Error('no input is read');
    },
    print: (line) => {
      text += `${line}\n`;
    },
    end: () => undefined,
  });
  try {
    await program.parseAsync(['ranges', ...args], { from: 'user' });
    return { text, error: null };
  } catch (error) {
    return { text, error };
  }
}
const renew = (...args: string[]) => ranges(['--renew', '--region', 'us', ...args]);
const messageOf = ({ error }: Outcome): string => (error instanceof Error ? error.message : '');

describe('landed ranges', () => {
  test('shows what comes with the project, with dates and where each list stands', async () => {
    let stdout = '';
    const print = (text: string): void => {
      stdout += text;
    };
    const outlets = { env: {}, input: () => process.stdin, print, printError: print };
    expect(await runLanded(['ranges'], outlets)).toBe(0);
    expect(stdout).toContain(SHIPPED_RANGES_FILE);
    for (const word of ['35.188.196.183', '34.76.143.229', '2026-08-31', 'webhook page']) {
      expect(stdout).toContain(word);
    }
  });

  test('shows the file the service is set to', async () => {
    const { text } = await ranges(['--json']);
    expect(JSON.parse(text)).toMatchObject({ file, regions: { us: { date: '2026-01-01' } } });
  });

  test('renews one region: asks as the contract says, writes whole, tells the difference', async () => {
    us.answers = [list(...BEFORE.slice(1), '198.51.100.0/24', '2001:db8::/64')];
    const { text, error } = await renew();
    expect(error).toBeNull();
    expect(us.calls).toHaveLength(1);
    expect(us.calls[0]).toMatchObject({
      method: 'GET',
      url: '/v1/info/ip_addresses',
      headers: { authorization: `Bearer ${KEY}`, 'accept-encoding': 'identity' },
    });
    expect(text).toContain('us: 4 addresses before, 5 now: 2 added, 1 removed');
    for (const line of ['  + 198.51.100.0/24', '  + 2001:db8::/64', '  - 192.0.2.1']) {
      expect(text).toContain(`${line}\n`);
    }
    const { regions } = readPublishedRanges(file);
    expect(regions.us.date).toBe(new Date().toISOString().slice(0, 10));
    expect(regions.us.lists).toEqual([
      {
        origin: `${us.url}/v1/info/ip_addresses`,
        addresses: [...BEFORE.slice(1), '198.51.100.0/24', '2001:db8::/64'],
      },
    ]);
    expect(regions.eu.date).toBe('2026-01-01');
    expect(eu.calls).toEqual([]);
    expect(readdirSync(dir)).toEqual(['ranges.json']);
    expect(text + readFileSync(file, 'utf8')).not.toContain(KEY);
  });

  test('renews both regions, into a file that was not there', async () => {
    const fresh = join(dir, 'fresh.json');
    const shipped = readPublishedRanges(SHIPPED_RANGES_FILE).regions;
    us.answers = [list(...shipped.us.lists.flatMap(({ addresses }) => addresses))];
    eu.answers = [list(...shipped.eu.lists.flatMap(({ addresses }) => addresses))];
    const { text } = await ranges(['--renew', '--region', 'both', '--file', fresh]);
    expect(text).toContain('us: 14 addresses before, 14 now: unchanged');
    expect(text).toContain('eu: 12 addresses before, 12 now: unchanged');
    expect(readPublishedRanges(fresh).regions.eu.lists).toHaveLength(1);
  });

  test.each([
    ['a call too many', [say(429, '{}'), list(...BEFORE)], 2],
    ['trouble of its own, twice', [say(500, ''), say(503, ''), list(...BEFORE)], 3],
  ])('%s is tried again', async (_name, answers, calls) => {
    us.answers = answers;
    expect((await renew()).error).toBeNull();
    expect(us.calls).toHaveLength(calls);
  });
});

describe('what leaves the file as it was', () => {
  const huge = JSON.stringify({ ip_addresses: Array.from({ length: 9000 }, () => '192.0.2.1') });
  test.each([
    ['a key that is refused', say(401, '{}'), 1, 'does not accept CUSTOMERIO_APP_API_KEY (401)'],
    ['a key without the right', say(403, '{}'), 1, 'must be an App API key of that region'],
    ['too many calls', say(429, '{}'), 3, 'answered 429: too many calls'],
    ['trouble of its own', say(500, 'x'), 3, 'answered 500: its own trouble'],
    ['a redirect', say(302, '', { Location: '/' }), 1, '302, a redirect, which is not followed'],
    ['a path that is gone', say(404, ''), 1, 'answered 404, which was not expected'],
    ['half of JSON', say(200, '{"ip_addresses":["192.'), 1, 'answered something that is no JSON'],
    ['a page', say(200, '<!doctype html><p>hi'), 1, 'answered a page that is no JSON'],
    ['a huge answer', say(200, huge), 1, 'answered more than 65536 bytes'],
    ['another shape', say(200, '{"ips":["192.0.2.1"]}'), 1, 'answered no list "ip_addresses"'],
    ['numbers', list(...BEFORE, 7), 1, 'answered no list "ip_addresses" of texts'],
    ['no addresses', list(), 1, 'answered an empty list'],
    ['an entry that is none', list(...BEFORE, 'x.example'), 1, '"x.example" that is no address'],
    ['the whole internet', list(...BEFORE, '0.0.0.0/0'), 1, '"0.0.0.0/0" that is wider'],
    ['a list cut short', list('192.0.2.1'), 1, 'loses 3 of 4 addresses; nothing was written'],
  ])('%s', async (_name, answer, calls, words) => {
    const before = readFileSync(file, 'utf8');
    us.answers = [answer];
    const outcome = await renew();
    expect(outcome.error).toBeInstanceOf(OperationError);
    expect(messageOf(outcome)).toContain(words);
    expect(us.calls).toHaveLength(calls);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readdirSync(dir)).toEqual(['ranges.json']);
    expect(messageOf(outcome) + outcome.text).not.toContain(KEY);
  });

  test.each([
    ['before the head', (): void => undefined],
    ['in the body', (response: ServerResponse) => response.writeHead(200).write('{"ip_addre')],
  ])('an answer that stops %s', async (_name, answer) => {
    const before = readFileSync(file, 'utf8');
    us.answers = [answer];
    const outcome = await ranges(['--renew', '--region', 'us'], {}, 100);
    expect(messageOf(outcome)).toContain('did not answer within 100 ms');
    expect(us.calls.length).toBeLessThanOrEqual(3);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test('a connection that breaks', async () => {
    us.answers = [(_response, request) => request.socket.destroy()];
    expect(messageOf(await renew())).toMatch(/did not answer \(\w+\)/);
  });

  test('one region of two that fails', async () => {
    const before = readFileSync(file, 'utf8');
    us.answers = [list(...BEFORE, '192.0.2.5')];
    eu.answers = [say(401, '{}')];
    const outcome = await ranges(['--renew', '--region', 'both']);
    expect(messageOf(outcome)).toContain(new URL(eu.url).host);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test('a file that is none is told, not replaced', async () => {
    writeFileSync(file, '<html>');
    us.answers = [list(...BEFORE)];
    expect(messageOf(await renew())).toContain('ranges.json is not JSON');
    expect(readFileSync(file, 'utf8')).toBe('<html>');
  });

  test('a place that is not there', async () => {
    us.answers = [list('34.76.143.229')];
    const outcome = await renew('--force', '--file', join(dir, 'none', 'ranges.json'));
    expect(messageOf(outcome)).toContain('cannot be written (ENOENT)');
  });

  test.each([
    ['no region', ['--renew'], {}, '--renew needs --region'],
    ['no key', ['--renew', '--region', 'us'], { CUSTOMERIO_APP_API_KEY: '' }, 'must be set'],
    [
      'a key with a line break',
      ['--renew', '--region', 'us'],
      { CUSTOMERIO_APP_API_KEY: `${KEY}\nX: y` },
      'must be 16 to 256 visible',
    ],
    ['an unknown region', ['--renew', '--region', 'au'], {}, 'Allowed choices are us, eu, both'],
  ])('%s: nobody is asked', async (_name, args, env, words) => {
    const outcome = await ranges(args, env);
    expect(messageOf(outcome)).toContain(words);
    expect(messageOf(outcome)).not.toContain(KEY);
    expect(us.calls).toEqual([]);
  });
});

test('--force writes a list that loses more than half', async () => {
  us.answers = [list('192.0.2.1')];
  const { text } = await renew('--force');
  expect(text).toContain('us: 4 addresses before, 1 now: 0 added, 3 removed');
});
