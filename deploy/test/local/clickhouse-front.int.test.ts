import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack, type Stack } from '../../local/stack/stack.ts';
import { freeStackPorts } from '../../local/stack/stack-ports.ts';

/*
 * The HTTP front of the embedded engine, asked by the official client and by plain HTTP. It starts
 * a front of its own: sessions, the read-only address and the limits are not a server's business.
 */

// Errors are provoked here on purpose; the client would print each.
const log = { level: ClickHouseLogLevel.OFF };
const dir = mkdtempSync(join(tmpdir(), 'landed-front-'));
const artifactsDir = new URL('../../../.stack', import.meta.url).pathname;
let stack: Stack;
let client: ClickHouseClient;

beforeAll(async () => {
  stack = await startStack({
    dir,
    artifactsDir,
    ports: await freeStackPorts(),
    only: ['clickhouse'],
  });
  client = createClient({ url: stack.clickhouseUrl, log });
  await client.command({ query: 'CREATE DATABASE shop ENGINE = Atomic' });
  await client.command({
    query: `CREATE TABLE shop.orders (id UInt32, name String, at DateTime64(3, 'UTC'))
            ENGINE = MergeTree ORDER BY id`,
  });
});

afterAll(async () => {
  await client.close();
  await stack.stop();
  rmSync(dir, { recursive: true, force: true });
});

const rowsOf = async <T>(query: string, more: object = {}): Promise<T[]> =>
  (await client.query({ query, format: 'JSONEachRow', ...more })).json<T>();

const post = (
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
  base = stack.clickhouseUrl,
): Promise<Response> => fetch(base + path, { method: 'POST', body, headers });

const emptyTable = async (name: string): Promise<string> => {
  await client.command({
    query: `CREATE TABLE shop.${name} (id UInt32, name String) ENGINE = MergeTree ORDER BY id`,
  });
  return `shop.${name}`;
};

describe('the official client', () => {
  test('pings, and asks with typed parameters', async () => {
    expect((await client.ping()).success).toBe(true);
    expect((await client.ping({ select: true })).success).toBe(true);
    const value = { text: "it's \\ a\ttab\nand 'quotes'", list: ["a'b", 'c\\d'], on: '2026-03-01' };
    const rows = await rowsOf(
      'SELECT {text:String} AS text, {list:Array(String)} AS list, {on:Date} AS `on`, {n:Nullable(UInt8)} AS n',
      { query_params: { ...value, n: null } },
    );
    expect(rows).toEqual([{ ...value, n: null }]);
  });

  test.each(['JSONEachRow', 'JSONCompactEachRow', 'JSONCompactEachRowWithNames'] as const)(
    'inserts rows as %s and reports how many were written',
    async (format) => {
      const table = await emptyTable(`insert_${format}`);
      const objects = [1, 2, 3].map((id) => ({ id, name: `n${id}` }));
      const lists = objects.map(({ id, name }) => [id, name]);
      const values = {
        JSONEachRow: objects,
        JSONCompactEachRow: lists,
        JSONCompactEachRowWithNames: [['id', 'name'], ...lists],
      }[format] as unknown[];
      const { summary } = await client.insert({ table, values, format });
      expect(summary?.written_rows).toBe('3');
      expect(await rowsOf(`SELECT * FROM ${table} ORDER BY id`)).toEqual(objects);
    },
  );

  test('executes an insert with a stream of bytes, settings in the URL', async () => {
    const table = await emptyTable('insert_exec');
    const { stream, summary } = await client.exec({
      query: `INSERT INTO ${table} (id, name) FORMAT JSONCompactEachRow`,
      values: Readable.from([Buffer.from('[1,"a"]\n[2,'), Buffer.from('"b"]\n')]),
      clickhouse_settings: { async_insert: 0, wait_end_of_query: 1 },
    });
    stream.resume();
    expect(summary?.written_rows).toBe('2');
    expect(await rowsOf(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 2 }]);
  });

  test('compresses both ways', async () => {
    const packing = createClient({
      url: stack.clickhouseUrl,
      compression: { request: true, response: true },
    });
    const table = await emptyTable('packed');
    const values = Array.from({ length: 5000 }, (_, id) => ({ id, name: 'x'.repeat(50) }));
    await packing.insert({ table, values, format: 'JSONEachRow' });
    const answer = await packing.query({
      query: `SELECT * FROM ${table} ORDER BY id`,
      format: 'JSONEachRow',
    });
    expect(await answer.json()).toEqual(values);
    await packing.close();
  });

  test.each([
    ['SELECT nope FROM shop.orders', '47', 'UNKNOWN_IDENTIFIER'],
    ['SELECT * FROM shop.nothing', '60', 'UNKNOWN_TABLE'],
    ['SELEC 1', '62', 'SYNTAX_ERROR'],
    ['SELECT 1; SELECT 2', '62', 'SYNTAX_ERROR'],
    ["SELECT throwIf(1, 'boom')", '395', 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO'],
  ])('tells code and type of the error: %s', async (query, code, type) => {
    await expect(client.command({ query })).rejects.toMatchObject({ code, type });
  });

  test('rejects a batch with one bad row as a whole, and names the row', async () => {
    const table = await emptyTable('bad_row');
    const values = [
      { id: 1, name: 'a' },
      { id: 'x', name: 'b' },
    ];
    await expect(client.insert({ table, values, format: 'JSONEachRow' })).rejects.toThrow(
      /at row 2/,
    );
    expect(await rowsOf(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 0 }]);
  });

  test('an unknown setting is an error, and settings end with their request', async () => {
    await expect(
      client.command({ query: 'SELECT 1', clickhouse_settings: { no_such_setting: '1' } }),
    ).rejects.toMatchObject({ code: '115' });
    const setting = `SELECT value FROM system.settings WHERE name = 'max_threads'`;
    const [during] = await rowsOf<{ value: string }>(setting, {
      clickhouse_settings: { max_threads: 3 },
    });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => rowsOf<{ value: string }>(setting)),
    );
    expect(during?.value).toBe('3');
    expect(answers.flat().filter(({ value }) => value === '3')).toEqual([]);
  });

  test('a session keeps temporary tables, and is one request wide', async () => {
    const one = createClient({ url: stack.clickhouseUrl, session_id: 'one', log });
    await one.command({ query: 'CREATE TEMPORARY TABLE mine (a UInt8)' });
    await one.command({ query: 'INSERT INTO mine VALUES (7)' });
    const rows = await one.query({ query: 'SELECT a FROM mine', format: 'JSONEachRow' });
    expect(await rows.json()).toEqual([{ a: 7 }]);
    await expect(client.command({ query: 'SELECT a FROM mine' })).rejects.toMatchObject({
      code: '60',
    });
    const both = await Promise.allSettled([
      one.command({ query: 'SELECT sleep(0.5)' }),
      one.command({ query: 'SELECT sleep(0.5)' }),
    ]);
    expect(both.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    await one.close();
  });

  test('uses the database of the client', async () => {
    const shop = createClient({ url: stack.clickhouseUrl, database: 'shop' });
    const rows = await shop.query({
      query: 'SELECT currentDatabase() AS d',
      format: 'JSONEachRow',
    });
    expect(await rows.json()).toEqual([{ d: 'shop' }]);
    await shop.close();
    const [other] = await rowsOf<{ d: string }>('SELECT currentDatabase() AS d');
    expect(other?.d).toBe('default');
  });

  test('answers small questions beside a heavy one', async () => {
    const done: string[] = [];
    const five = 'SELECT sleepEachRow(1) FROM numbers(5) SETTINGS max_block_size = 1';
    const heavy = rowsOf(five).then(() => done.push('heavy'));
    await Promise.all(Array.from({ length: 20 }, () => rowsOf('SELECT 1 AS one')));
    done.push('small');
    await heavy;
    expect(done).toEqual(['small', 'heavy']);
  });
});

describe('plain HTTP', () => {
  test('ping, and the format of the answer', async () => {
    for (const path of ['/ping', '/', '/replicas_status']) {
      expect(await (await fetch(stack.clickhouseUrl + path)).text()).toBe('Ok.\n');
    }
    const own = await post('/?default_format=CSV', 'SELECT 1 AS a FORMAT JSONEachRow');
    expect(own.headers.get('x-clickhouse-format')).toBe('JSONEachRow');
    expect(await own.text()).toBe('{"a":1}\n');
    const fallback = await post('/?default_format=CSV', 'SELECT 1, 2');
    expect(fallback.headers.get('content-type')).toContain('text/csv');
    expect(await fallback.text()).toBe('1,2\n');
    const header = await post('/', 'SELECT 1, 2', { 'X-ClickHouse-Format': 'JSONCompactEachRow' });
    expect(await header.text()).toBe('[1, 2]\n');
    expect(await (await post('/', 'SELECT 1, 2')).text()).toBe('1\t2\n');
  });

  test('curl with the statement in the body, and a failing one', async () => {
    const run = promisify(execFile);
    const good = await run('curl', ['-sS', stack.clickhouseUrl, '--data-binary', 'SELECT 40 + 2']);
    expect(good.stdout).toBe('42\n');
    const bad = await run('curl', ['-sS', '-i', stack.clickhouseUrl, '-d', 'SELECT x']);
    expect(bad.stdout).toMatch(/^HTTP\/1\.1 404/);
    expect(bad.stdout).toMatch(/x-clickhouse-exception-code: 47/i);
    expect(bad.stdout).toMatch(/Code: 47\. DB::Exception: .*\(version 2\d\./);
  });

  test('GET reads only', async () => {
    const ask = (query: string): Promise<Response> =>
      fetch(`${stack.clickhouseUrl}/?query=${encodeURIComponent(query)}`);
    expect(await (await ask('SELECT 1')).text()).toBe('1\n');
    expect((await ask('CREATE TABLE shop.by_get (a UInt8) ENGINE = Memory')).status).toBe(403);
  });

  test.each([
    ['identity', (bytes: Buffer) => bytes],
    ['gzip', (bytes: Buffer) => gzipSync(bytes)],
    ['deflate', (bytes: Buffer) => deflateSync(bytes)],
    ['br', (bytes: Buffer) => brotliCompressSync(bytes)],
    ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
    // An lz4 frame with one stored block, as any lz4 tool writes for text that does not shrink.
    ['lz4', lz4Frame],
  ])('takes a body in %s', async (name, pack) => {
    const table = await emptyTable(`packed_${name}`);
    const body = Buffer.from(`INSERT INTO ${table} FORMAT JSONEachRow\n{"id":1,"name":"ä"}\n`);
    const answer = await post('/', pack(body), { 'Content-Encoding': name });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(await rowsOf(`SELECT * FROM ${table}`)).toEqual([{ id: 1, name: 'ä' }]);
  });

  test('refuses an encoding it does not know, and bytes that are not what they claim', async () => {
    const table = await emptyTable('unknown_encoding');
    const body = Buffer.from(`INSERT INTO ${table} FORMAT JSONEachRow\n{"id":1}\n`);
    expect((await post('/', body, { 'Content-Encoding': 'snappy' })).status).toBe(400);
    expect((await post('/', body, { 'Content-Encoding': 'gzip' })).status).toBe(400);
    expect((await post('/?decompress=1', body)).status).toBe(501);
    expect(await rowsOf(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 0 }]);
  });

  test('inserts in binary formats, statement in the URL and rows in the body', async () => {
    const table = await emptyTable('binary');
    const native = await post(
      '/',
      `SELECT toUInt32(number) AS id, 'r' AS name FROM numbers(3) FORMAT Native`,
    );
    const rows = Buffer.from(await native.arrayBuffer());
    const query = encodeURIComponent(`INSERT INTO ${table} (id, name) FORMAT Native`);
    const answer = await post(`/?query=${query}`, rows);
    expect(JSON.parse(answer.headers.get('x-clickhouse-summary') ?? '')).toMatchObject({
      written_rows: '3',
    });
    await post('/', `INSERT INTO ${table} (id, name) VALUES (8, 'v'), (9, concat('a', 'b'))`);
    expect(await rowsOf(`SELECT sum(id) AS s FROM ${table}`)).toEqual([{ s: 20 }]);
  });

  test('reads parameters and statement from a form', async () => {
    const form = new FormData();
    form.set('query', 'SELECT {a:String} AS a');
    form.set('param_a', "it's");
    const answer = await fetch(stack.clickhouseUrl, { method: 'POST', body: form });
    expect(await answer.text()).toBe("it\\'s\n");
  });

  test('a client that leaves in the middle of its rows has added nothing', async () => {
    const table = await emptyTable('left');
    const url = new URL(stack.clickhouseUrl);
    const query = encodeURIComponent(`INSERT INTO ${table} FORMAT JSONEachRow`);
    await new Promise<void>((resolve) => {
      const call = request({
        host: url.hostname,
        port: url.port,
        method: 'POST',
        path: `/?query=${query}`,
        headers: { 'content-length': '1000' },
      });
      call.on('error', () => resolve());
      call.write('{"id":1,"name":"a"}\n', () => call.destroy(new Error('left')));
    });
    await client.ping();
    expect(await rowsOf(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: 0 }]);
  });

  test('stops a query whose client has left', async () => {
    const cancel = new AbortController();
    const query = 'SELECT count() FROM numbers(1000000000000) -- endless';
    const call = fetch(stack.clickhouseUrl, { method: 'POST', body: query, signal: cancel.signal });
    const running = `SELECT count() AS n FROM system.processes WHERE query LIKE '%-- endless'`;
    await expect.poll(() => rowsOf(running), { timeout: 5000 }).toEqual([{ n: 1 }]);
    cancel.abort();
    await expect(call).rejects.toThrow();
    await expect.poll(() => rowsOf(running), { timeout: 5000 }).toEqual([{ n: 0 }]);
  });

  test('is not for web pages, and never opens files by name', async () => {
    const page = await post('/', 'SELECT 1', { Origin: 'https://example.com' });
    expect(page.status).toBe(403);
    const outfile = await post('/', `SELECT 1 INTO OUTFILE '${join(dir, 'x')}'`);
    expect(outfile.status).toBe(501);
    const infile = await post('/', `INSERT INTO shop.orders FROM INFILE '/etc/passwd' FORMAT CSV`);
    expect(infile.status).toBe(501);
  });
});

describe('the read-only address', () => {
  const ask = (query: string, path = '/'): Promise<Response> =>
    post(path, query, {}, stack.clickhouseReadonlyUrl);

  test('answers questions, and ignores the settings a driver sends', async () => {
    const answer = await ask('SELECT {a:UInt8} + 1', '/?max_threads=2&param_a=1&session_id=s');
    expect([answer.status, await answer.text()]).toEqual([200, '2\n']);
  });

  test.each([
    `INSERT INTO shop.orders VALUES (1, 'a', 0)`,
    'DROP TABLE shop.orders',
    'SET max_threads = 1',
    `SELECT * FROM file('/etc/passwd', 'LineAsString')`,
    `SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')`,
  ])('refuses %s', async (query) => {
    const answer = await ask(query);
    expect([answer.status, answer.headers.get('x-clickhouse-exception-code')]).toEqual([
      403,
      '164',
    ]);
  });
});

test('keeps what was acknowledged when it is killed', async () => {
  const table = await emptyTable('durable');
  await client.insert({ table, values: [{ id: 1, name: 'a' }], format: 'JSONEachRow' });
  stack.kill('clickhouse', 'SIGKILL');
  await stack.restart('clickhouse');
  expect(await rowsOf(`SELECT id FROM ${table}`)).toEqual([{ id: 1 }]);
});

/** Frame header with its own checksum byte (xxh32 of flags 0x60 0x40), one stored block, end mark. */
function lz4Frame(bytes: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE((bytes.length | 0x80000000) >>> 0);
  return Buffer.concat([Buffer.from('04224d18604082', 'hex'), size, bytes, Buffer.alloc(4)]);
}
