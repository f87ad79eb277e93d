import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClickHouse } from '../../src/warehouse/clickhouse.ts';
import type { ClickHouse } from '../../src/warehouse/clickhouse.ts';
import { readRefusal } from '../../src/warehouse/row-refused.ts';

type Seen = { readonly params: URLSearchParams; readonly body: string };
type Answer = { readonly status: number; readonly written?: number; readonly text?: string };

describe('ClickHouse over HTTP', () => {
  const seen: Seen[] = [];
  let answers: Answer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
      seen.push({ params: searchParams, body: Buffer.concat(chunks).toString() });
      const answer = answers.shift();
      if (!answer) return;
      const written = answer.written === undefined ? {} : { written_rows: String(answer.written) };
      response.writeHead(answer.status, { 'x-clickhouse-summary': JSON.stringify(written) });
      response.end(answer.text ?? '');
    });
  });
  let clickhouse: ClickHouse;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const address = { url, database: 'd', user: 'u', password: 'p', cluster: undefined };
    clickhouse = createClickHouse(address, { timeoutMs: 300 });
  });
  afterAll(async () => {
    await clickhouse.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const job = {
    table: 't',
    columns: ['a', 'b'],
    bytes: Buffer.from('[1,2]\n[3,4]\n'),
    rows: 2,
    token: 'token-1',
  };
  const insert = async (...given: Answer[]) => {
    answers = given;
    seen.length = 0;
    await clickhouse.insert(job);
  };

  test('sends the very bytes with the columns, the token and every setting that could lose data', async () => {
    await insert({ status: 200, written: 2 });
    expect(seen).toHaveLength(1);
    expect(seen[0]?.body).toBe('[1,2]\n[3,4]\n');
    const { params } = seen[0]!;
    expect(params.get('query')).toBe('INSERT INTO t (a, b) FORMAT JSONCompactEachRow');
    expect(Object.fromEntries(params)).toMatchObject({
      database: 'd',
      insert_deduplication_token: 'token-1',
      async_insert: '0',
      wait_end_of_query: '1',
      input_format_skip_unknown_fields: '0',
      input_format_null_as_default: '0',
    });
  });

  test('rows of materialised views may count along', async () => {
    await insert({ status: 200, written: 4 });
    expect(seen).toHaveLength(1);
  });

  test('fewer rows written than sent: once more under another token, then it is an outage', async () => {
    await insert({ status: 200, written: 0 }, { status: 200, written: 2 });
    expect(seen.map(({ params }) => params.get('insert_deduplication_token'))).toEqual([
      'token-1',
      'token-1-again',
    ]);
    await expect(
      insert({ status: 200, written: 1 }, { status: 200, written: 1 }),
    ).rejects.toMatchObject({ name: 'OperationError', retriable: true });
  });

  test.each([
    ['too many parts', 'Code: 252. DB::Exception: Too many parts. (TOO_MANY_PARTS)'],
    ['no such table', 'Code: 60. DB::Exception: Table d.t does not exist. (UNKNOWN_TABLE)'],
    ['wrong password', 'Code: 516. DB::Exception: failed. (AUTHENTICATION_FAILED)'],
    ['not ClickHouse at all', '<html>bad gateway</html>'],
  ])('%s is an outage: try again', async (_name, text) => {
    await expect(insert({ status: 500, text })).rejects.toMatchObject({
      name: 'OperationError',
      retriable: true,
    });
  });

  test('no answer in time is an outage', async () => {
    await expect(insert()).rejects.toMatchObject({ name: 'OperationError', retriable: true });
  });

  test('a refused row is told apart, and no value of it is repeated', async () => {
    const text =
      'Code: 41. DB::Exception: Cannot read DateTime: secret: (while reading the value of key b): (at row 2)\n: \nRow 2: "secret". (CANNOT_PARSE_DATETIME) (version 26.7)';
    const failed = insert({ status: 400, text });
    await expect(failed).rejects.toMatchObject({
      name: 'RowRefusedError',
      rowIndex: 1,
      reason: 'CANNOT_PARSE_DATETIME in b',
    });
    await expect(failed).rejects.not.toThrow(/secret/);
  });
});

describe('what ClickHouse says of a row', () => {
  test.each([
    ['a constraint', '469', 'Constraint `has_key` for table t is violated at row 58.', 57, 'E'],
    ['a number', '72', 'Cannot parse: (while reading the value of key n): (at row 1)', 0, 'E in n'],
    ['no row', '27', 'Cannot parse input: expected , before', null, 'E'],
    ['a column not ours', '27', '(while reading the value of key password): (at row 3)', 2, 'E'],
  ])('%s', (_name, code, message, rowIndex, reason) => {
    expect(readRefusal({ code, type: 'E', message }, ['n'])).toMatchObject({ rowIndex, reason });
  });

  test('other errors speak of the server, whatever rows they name', () => {
    expect(readRefusal({ code: '241', message: 'Memory limit (at row 5)' }, ['n'])).toBeNull();
  });
});
