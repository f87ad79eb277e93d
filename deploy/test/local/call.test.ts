import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCall } from '../../local/clickhouse-front/call.ts';
import { createGate } from '../../local/clickhouse-front/gate.ts';
import { readForm } from '../../local/clickhouse-front/multipart.ts';
import { createSpool, makeSpoolFolder } from '../../local/clickhouse-front/spool.ts';

const call = (query: string, headers = {}) => readCall(new URLSearchParams(query), headers);

describe('the URL of a request', () => {
  test('parts settings from parameters and from what speaks to the front', () => {
    const read = call(
      'query=SELECT+1&database=d&user=u&password=p&param_x=it%27s&max_threads=2&session_id=s&session_timeout=9999',
    );
    expect(Object.fromEntries(read.settings)).toEqual({ max_threads: '2' });
    expect(Object.fromEntries(read.params)).toEqual({ x: "it's" });
    expect(read).toMatchObject({ query: 'SELECT 1', database: 'd', sessionId: 's' });
    expect(read.sessionTimeoutMs).toBe(3_600_000);
  });

  test('takes database, format and id from headers too, the URL wins', () => {
    const headers = {
      'x-clickhouse-database': 'h',
      'x-clickhouse-format': 'CSV',
      'x-clickhouse-query-id': 'q',
    };
    expect(call('', headers)).toMatchObject({ database: 'h', defaultFormat: 'CSV', queryId: 'q' });
    expect(call('database=u', headers).database).toBe('u');
  });

  test.each([
    ['compress=1', 48],
    ['decompress=1', 48],
    ['a%27b=1', 36],
    ['param_a+b=1', 36],
    [Array.from({ length: 201 }, (_, index) => `s${index}=1`).join('&'), 36],
  ])('refuses %s', (query, code) => {
    expect(() => call(query)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('compress=0 is fine', () => {
    expect(call('compress=0&decompress=false').settings.size).toBe(0);
  });
});

describe('a form', () => {
  const form = (parts: string): Map<string, string> =>
    readForm(Buffer.from(parts.replaceAll('\n', '\r\n')), 'multipart/form-data; boundary="b"');

  test('gives its fields, line breaks in them included', () => {
    const fields = form(
      '--b\nContent-Disposition: form-data; name="query"\n\nSELECT\n1\n--b\ncontent-disposition: form-data; filename=""; name="param_a"\n\n\n--b--\n',
    );
    expect(Object.fromEntries(fields)).toEqual({ query: 'SELECT\r\n1', param_a: '' });
  });

  test.each([
    ['--b\nContent-Disposition: form-data; name="t"; filename="t.csv"\n\n1\n--b--\n', 501],
    ['--b\nContent-Disposition: form-data\n\n1\n--b--\n', 400],
    ['--b\nContent-Disposition: form-data; name="a"\n\n1\n', 400],
  ])('refuses %j', (parts, status) => {
    expect(() => form(parts)).toThrow(expect.objectContaining({ status }) as Error);
  });
});

test('the gate lets so many in, so many wait, and turns the rest away', async () => {
  const gate = createGate(2, 1);
  const release: (() => void)[] = [];
  const task = (): Promise<void> => new Promise((resolve) => release.push(resolve));
  const first = gate.pass(task);
  const second = gate.pass(task);
  const third = gate.pass(task);
  await expect(gate.pass(task)).rejects.toThrow('More than 1 wait');
  expect(release).toHaveLength(2);
  release[0]?.();
  await first;
  await expect.poll(() => release.length).toBe(3);
  release.forEach((end) => end());
  await Promise.all([second, third]);
  await gate.pass(() => Promise.resolve());
});

test('rows of a killed front do not stay in memory', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'landed-spool-'));
  const other = makeSpoolFolder('/data/b', parent);
  const killed = makeSpoolFolder('/data/a', parent);
  writeFileSync(join(killed, 'rows'), 'left behind');
  const next = makeSpoolFolder('/data/a', parent);
  expect(readdirSync(parent).sort()).toEqual([basename(next), basename(other)].sort());
  const file = await createSpool(next)(Buffer.from('rows'), (path) => {
    expect(readFileSync(path, 'utf8')).toBe('rows');
    return Promise.resolve(path);
  });
  expect(existsSync(file)).toBe(false);
  rmSync(parent, { recursive: true });
});
