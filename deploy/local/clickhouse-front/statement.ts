import { tokensOf, type Token } from './tokens.ts';

/** What the front must know about a statement before the engine sees it. */
export type Statement =
  | {
      readonly kind: 'insert';
      /** `INSERT INTO t (a, b)`, without what follows. */
      readonly target: string;
      /** `SETTINGS …` of the statement, or empty. */
      readonly settings: string;
      readonly format: string;
      /** Byte offset where the rows begin. */
      readonly dataStart: number;
    }
  | {
      readonly kind: 'other';
      readonly sql: string;
      /** The statement's own FORMAT, which wins over every default. */
      readonly format: string | undefined;
    };

/** A statement the front refuses. `code` is ClickHouse's own error code. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
  readonly code: number;
  readonly type: string;
  constructor(code: number, type: string, message: string) {
    super(message);
    this.code = code;
    this.type = type;
  }
}

/** Longest statement text, rows of an INSERT not counted. */
export const statementBytesMax = 1024 * 1024;

const upper = (token: Token | undefined): string =>
  token?.kind === 'word' ? token.text.toUpperCase() : '';

const refuseFiles = (tokens: readonly Token[]): void => {
  tokens.forEach((token, index) => {
    const pair = `${upper(tokens[index - 1])} ${upper(token)}`;
    if (pair !== 'FROM INFILE' && pair !== 'INTO OUTFILE') return;
    throw new StatementError(48, 'NOT_IMPLEMENTED', `${pair} is not available over HTTP`);
  });
};

const refuseSecond = (tokens: readonly Token[]): void => {
  const end = tokens.findIndex(({ text, kind }) => kind === 'sign' && text === ';');
  if (end === -1) return;
  if (tokens.slice(end).every(({ text }) => text === ';')) return;
  throw new StatementError(62, 'SYNTAX_ERROR', 'Multi-statements are not allowed');
};

/** FORMAT as the last clause, before SETTINGS or the end. `SELECT format FROM t` has none. */
const outputFormat = (tokens: readonly Token[]): string | undefined => {
  for (let index = tokens.length - 2; index >= 0; index -= 1) {
    const token = tokens[index];
    const name = tokens[index + 1];
    if (token?.depth !== 0 || upper(token) !== 'FORMAT' || name?.kind !== 'word') continue;
    const after = tokens[index + 2];
    if (after === undefined || after.text === ';' || upper(after) === 'SETTINGS') return name.text;
  }
  return undefined;
};

/**
 * Where the rows begin after `FORMAT x`: behind blanks and one line break, as ClickHouse has it.
 */
const startOfRows = (text: string, at: number): number => {
  if (text[at] === ';') {
    throw new StatementError(
      27,
      'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
      "Excessive ';' before rows",
    );
  }
  let index = at;
  while (text[index] === ' ' || text[index] === '\t' || text[index] === '\f') index += 1;
  if (text[index] === '\r') index += 1;
  if (text[index] === '\n') index += 1;
  return index;
};

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

/** Reads `INSERT … FORMAT x <rows>` or `INSERT … VALUES <rows>`; undefined for INSERT … SELECT. */
const readInsert = (text: string): Statement | undefined => {
  let previous: Token | undefined;
  let settings: Token | undefined;
  let count = 0;
  for (const token of tokensOf(text)) {
    count += 1;
    const word = token.depth === 0 ? upper(token) : '';
    const head = text.slice(0, (settings ?? token).start);
    const settingsText = settings === undefined ? '' : text.slice(settings.start, token.start);
    // The first words are INSERT INTO [TABLE] name: a table may bear any of the names below.
    if (count <= 3 && !(count === 3 && word === 'TABLE')) {
      previous = token;
      continue;
    }
    const followsDot = previous?.text === '.';
    previous = token;
    if (followsDot) continue;
    if (word === 'SELECT' || word === 'WITH' || word === 'WATCH' || word === 'FROM')
      return undefined;
    if (word === 'SETTINGS') settings = token;
    const clauses = { kind: 'insert', target: utf8(head), settings: utf8(settingsText) } as const;
    if (word === 'VALUES') {
      return { ...clauses, format: 'Values', dataStart: startOfRows(text, token.end) };
    }
    if (word === 'FORMAT') {
      const name = tokensOf(text.slice(token.end)).next().value as Token | undefined;
      if (name?.kind !== 'word') return undefined;
      const end = token.end + name.end;
      return { ...clauses, format: name.text, dataStart: startOfRows(text, end) };
    }
  }
  return undefined;
};

/**
 * Splits a request into statement and rows.
 *
 * @param request the `query` parameter and the body, one after the other, as ClickHouse reads them
 * @throws StatementError for two statements, for files by name, and for a statement too long
 */
export const readStatement = (request: Buffer): Statement => {
  const text = request.toString('latin1', 0, Math.min(request.length, statementBytesMax));
  const first = tokensOf(text).next().value as Token | undefined;
  if (upper(first) === 'INSERT') {
    const insert = readInsert(text);
    if (insert?.kind === 'insert') {
      refuseFiles([...tokensOf(text.slice(0, insert.dataStart))]);
      return insert;
    }
  }
  if (request.length > statementBytesMax) {
    const message = `The statement is longer than ${statementBytesMax} bytes`;
    throw new StatementError(62, 'SYNTAX_ERROR', message);
  }
  const tokens = [...tokensOf(text)];
  refuseFiles(tokens);
  refuseSecond(tokens);
  const lastSemicolon = tokens.findIndex(({ text: sign, kind }) => kind === 'sign' && sign === ';');
  const end = lastSemicolon === -1 ? request.length : (tokens[lastSemicolon]?.start ?? 0);
  return { kind: 'other', sql: request.toString('utf8', 0, end), format: outputFormat(tokens) };
};
