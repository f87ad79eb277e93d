import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { StatementError } from './statement.ts';

/** What a request asks for beside its statement. */
export type Call = {
  readonly queryId: string;
  readonly query: string;
  readonly database: string | undefined;
  readonly defaultFormat: string | undefined;
  readonly sessionId: string | undefined;
  readonly sessionTimeoutMs: number;
  readonly settings: ReadonlyMap<string, string>;
  /** Values as received; the engine reads their escapes. */
  readonly params: ReadonlyMap<string, string>;
};

/** Parameters that speak to the HTTP layer and are no settings of the engine. */
const transportNames = new Set([
  'user',
  'password',
  'database',
  'query',
  'query_id',
  'session_id',
  'session_timeout',
  'session_check',
  'default_format',
  'compress',
  'decompress',
  'quota_key',
  'stacktrace',
  'role',
  'buffer_size',
  'wait_end_of_query',
  'client_protocol_version',
  'close_session',
]);

const namePattern = /^[A-Za-z_][A-Za-z0-9_.]*$/;
const settingsMax = 200;
const sessionTimeoutDefaultS = 60;
const sessionTimeoutMaxS = 3600;

const headerText = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

const refuseFrames = (params: URLSearchParams): void => {
  for (const name of ['compress', 'decompress']) {
    if (['', '0', 'false', null].includes(params.get(name))) continue;
    throw new StatementError(
      48,
      'NOT_IMPLEMENTED',
      `${name}=1 (ClickHouse's own compressed frames) is not available: use HTTP compression, or set compress=false in the JDBC address`,
    );
  }
};

const checkName = (name: string): string => {
  if (namePattern.test(name)) return name;
  throw new StatementError(36, 'BAD_ARGUMENTS', `Bad name of a setting: ${name.slice(0, 64)}`);
};

const positive = (text: string | null, fallback: number): number => {
  const value = Number(text ?? '');
  return Number.isFinite(value) && value > 0 ? value : fallback;
};

/** Reads the URL (and form fields of a multipart body) of one request. @throws StatementError */
export const readCall = (params: URLSearchParams, headers: IncomingHttpHeaders): Call => {
  refuseFrames(params);
  const settings = new Map<string, string>();
  const bound = new Map<string, string>();
  for (const [name, value] of params) {
    if (name.startsWith('param_')) bound.set(checkName(name.slice(6)), value);
    else if (!transportNames.has(name)) settings.set(checkName(name), value);
  }
  if (settings.size + bound.size > settingsMax) {
    throw new StatementError(36, 'BAD_ARGUMENTS', `More than ${settingsMax} settings`);
  }
  const text = (name: string, header: string): string | undefined =>
    params.get(name) ?? headerText(headers[header]);
  const timeoutS = positive(params.get('session_timeout'), sessionTimeoutDefaultS);
  return {
    queryId: text('query_id', 'x-clickhouse-query-id') ?? randomUUID(),
    query: params.get('query') ?? '',
    database: text('database', 'x-clickhouse-database'),
    defaultFormat: text('default_format', 'x-clickhouse-format'),
    sessionId: params.get('session_id') ?? undefined,
    sessionTimeoutMs: Math.min(timeoutS, sessionTimeoutMaxS) * 1000,
    settings,
    params: bound,
  };
};
