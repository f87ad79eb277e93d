import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  fillStatement,
  pendingMigrations,
  readMigrations,
  splitStatements,
} from '@landed/schemas/clickhouse-migrate';

const folderOf = (files: Readonly<Record<string, string>>): URL => {
  const folder = mkdtempSync(join(tmpdir(), 'landed-sql-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return pathToFileURL(`${folder}/`);
};

describe('statements', () => {
  test('are cut where a line ends with a semicolon, comments on lines of their own left out', () => {
    const sql = `-- why; and\nCREATE TABLE a (x String COMMENT 'one; two');\n\n-- then;\nSELECT 1;  \nSELECT ';'\n`;
    expect(splitStatements(sql)).toEqual([
      "CREATE TABLE a (x String COMMENT 'one; two')",
      'SELECT 1',
      "SELECT ';'",
    ]);
  });

  test('words are filled, an unknown one is an error', () => {
    const words = { database: 'd', onCluster: "ON CLUSTER 'c'", engine: 'Replicated' };
    expect(
      fillStatement('CREATE TABLE {{database}}.t {{on_cluster}} ENGINE = {{engine}}X', words),
    ).toBe("CREATE TABLE d.t ON CLUSTER 'c' ENGINE = ReplicatedX");
    expect(() => fillStatement('{{databse}}', words)).toThrow('{{databse}}');
  });
});

describe('files', () => {
  test('are read in the order of their numbers', () => {
    const files = readMigrations(
      folderOf({ '0002_b.sql': 'SELECT 2;', '0001_a.sql': 'SELECT 1;' }),
    );
    expect(files.map(({ version, name }) => [version, name])).toEqual([
      [1, '0001_a.sql'],
      [2, '0002_b.sql'],
    ]);
  });

  test.each([
    [{ 'one.sql': '' }, 'one.sql'],
    [{ '0001_a.sql': '', '0001_b.sql': '' }, '0001_b.sql'],
  ])('a name that does not fit or a number that is taken is refused: %o', (files, told) => {
    expect(() => readMigrations(folderOf(files))).toThrow(told);
  });

  test('what is applied is passed over, what changed since is refused by name', () => {
    const [first, second] = readMigrations(folderOf({ '0001_a.sql': 'A;', '0002_b.sql': 'B;' }));
    const applied = { version: 1, name: '0001_a.sql', sha256: first?.sha256 ?? '' };
    expect(pendingMigrations([first!, second!], [applied])).toEqual([second]);
    expect(() => pendingMigrations([first!, second!], [{ ...applied, sha256: '0' }])).toThrow(
      '0001_a.sql',
    );
  });

  test('ours: every statement may be repeated', () => {
    const repeatable = /^CREATE (OR REPLACE VIEW|(TABLE|MATERIALIZED VIEW) IF NOT EXISTS)\b/;
    const statements = readMigrations().flatMap((migration) => migration.statements);
    expect(statements.length).toBeGreaterThan(10);
    expect(statements.filter((statement) => !repeatable.test(statement))).toEqual([]);
  });
});
