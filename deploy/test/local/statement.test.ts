import { describe, expect, test } from 'vitest';
import { readStatement, statementBytesMax } from '../../local/clickhouse-front/statement.ts';

const read = (text: string) => readStatement(Buffer.from(text));

describe('rows behind an INSERT', () => {
  test.each([
    ['INSERT INTO t FORMAT JSONEachRow\n{"a":1}', 'INSERT INTO t', '', 'JSONEachRow', '{"a":1}'],
    ['insert into db.t (a, b) format CSV 1,2', 'insert into db.t (a, b)', '', 'CSV', '1,2'],
    ['INSERT INTO t FORMAT TSV\r\n\t1\n', 'INSERT INTO t', '', 'TSV', '\t1\n'],
    ['INSERT INTO t VALUES (1), (2)', 'INSERT INTO t', '', 'Values', '(1), (2)'],
    [
      'INSERT INTO t SETTINGS a = 1, b = 2 FORMAT CSV\n1',
      'INSERT INTO t',
      'SETTINGS a = 1, b = 2',
      'CSV',
      '1',
    ],
    [
      '-- note\nINSERT /* x */ INTO TABLE t (`format`) FORMAT CSV\n1',
      '-- note\nINSERT /* x */ INTO TABLE t (`format`)',
      '',
      'CSV',
      '1',
    ],
    ['INSERT INTO format FORMAT CSV\n1', 'INSERT INTO format', '', 'CSV', '1'],
    ['INSERT INTO db.values VALUES (1)', 'INSERT INTO db.values', '', 'Values', '(1)'],
    ['INSERT INTO t FORMAT CSV', 'INSERT INTO t', '', 'CSV', ''],
    [
      "INSERT INTO FUNCTION null('a Int8; FORMAT') FORMAT CSV\n1",
      "INSERT INTO FUNCTION null('a Int8; FORMAT')",
      '',
      'CSV',
      '1',
    ],
    ['INSERT INTO `ä` FORMAT CSV\nü', 'INSERT INTO `ä`', '', 'CSV', 'ü'],
    [
      'INSERT INTO t FORMAT CSV\n"a; DROP TABLE t"',
      'INSERT INTO t',
      '',
      'CSV',
      '"a; DROP TABLE t"',
    ],
  ])('%s', (text, target, settings, format, rows) => {
    const statement = read(text);
    if (statement.kind !== 'insert') throw new Error('not an insert with rows');
    expect(statement.target.trim()).toBe(target);
    expect(statement.settings.trim()).toBe(settings);
    expect(statement.format).toBe(format);
    expect(Buffer.from(text).subarray(statement.dataStart).toString()).toBe(rows);
  });

  test('binary rows stay as they are', () => {
    const rows = Buffer.from([0, 255, 39, 10, 59, 128]);
    const request = Buffer.concat([Buffer.from('INSERT INTO t FORMAT RowBinary\n'), rows]);
    const statement = readStatement(request);
    if (statement.kind !== 'insert') throw new Error('not an insert with rows');
    expect(request.subarray(statement.dataStart)).toEqual(rows);
  });

  test('rows may be longer than a statement may be', () => {
    const rows = '1\n'.repeat(statementBytesMax);
    expect(read(`INSERT INTO t FORMAT CSV\n${rows}`).kind).toBe('insert');
    expect(() => read(`SELECT '${rows}'`)).toThrow('longer');
  });
});

describe('statements without rows', () => {
  test.each([
    ['SELECT 1', undefined],
    ['SELECT 1 FORMAT JSON', 'JSON'],
    ['SELECT 1 format CSV ;', 'CSV'],
    ['SELECT 1 FORMAT JSON SETTINGS max_threads = 1', 'JSON'],
    ['SELECT format FROM t', undefined],
    ["SELECT 'x FORMAT CSV'", undefined],
    ['SELECT * FROM (SELECT 1 FORMAT CSV)', undefined],
    ['SELECT 1 -- FORMAT CSV', undefined],
    ['SELECT 1 /* /* FORMAT */ CSV */ FORMAT TSV', 'TSV'],
    ['SELECT $a$ FORMAT CSV $a$', undefined],
    ['INSERT INTO t SELECT 1', undefined],
    ['INSERT INTO t (a) WITH x AS (SELECT 1) SELECT * FROM x', undefined],
    ['SELECT 1;;\n -- end', undefined],
  ])('%s has the format %s', (text, format) => {
    const statement = read(text);
    expect(statement.kind === 'other' ? statement.format : 'an insert').toBe(format);
  });

  test('the closing semicolon does not reach the engine, one in a text does', () => {
    expect(read("SELECT ';' AS a ; ")).toMatchObject({ kind: 'other', sql: "SELECT ';' AS a " });
  });

  test.each([
    ['SELECT 1; SELECT 2', 62],
    ['SELECT 1; DROP TABLE t;', 62],
    ["SELECT 1 INTO OUTFILE '/tmp/x'", 48],
    ["INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV", 48],
    ["INSERT INTO t from/**/infile '/etc/passwd' FORMAT CSV", 48],
    ['INSERT INTO t FORMAT CSV; 1', 27],
  ])('%s is refused with code %i', (text, code) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
