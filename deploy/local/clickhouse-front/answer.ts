import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, deflate, gzip, zstdCompress } from 'node:zlib';
import { BodyError } from './body.ts';
import type { EngineAnswer } from './engine.ts';
import { GateFullError } from './gate.ts';
import { StatementError } from './statement.ts';

const brotli = promisify(brotliCompress);
const compressors: readonly (readonly [string, (bytes: Buffer) => Promise<Buffer>])[] = [
  ['zstd', promisify(zstdCompress)],
  ['gzip', promisify(gzip)],
  // The default quality is for files that are packed once and read often.
  ['br', (bytes) => brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
  ['deflate', promisify(deflate)],
];

const contentTypes: readonly (readonly [RegExp, string])[] = [
  [/^JSONEachRow|^JSON.*EachRow|^NDJSON$|^JSONLines$/, 'application/x-ndjson; charset=UTF-8'],
  [/^JSON/, 'application/json; charset=UTF-8'],
  [/^(TabSeparated|TSV)/, 'text/tab-separated-values; charset=UTF-8'],
  [/^CSV/, 'text/csv; charset=UTF-8'],
  [/^(Native|RowBinary|Parquet|Arrow|Avro|ORC|MsgPack|RawBLOB)/, 'application/octet-stream'],
];

const contentType = (format: string): string =>
  contentTypes.find(([pattern]) => pattern.test(format))?.[1] ?? 'text/plain; charset=UTF-8';

/** HTTP status by ClickHouse error code, after the server's own table. */
const statusByCode: ReadonlyMap<number, number> = new Map([
  ...[26, 27, 36, 38, 41, 43, 53, 62, 69, 70, 72, 117, 354, 457].map(
    (code) => [code, 400] as const,
  ),
  ...[46, 47, 50, 60, 63, 81, 115].map((code) => [code, 404] as const),
  ...[164, 497].map((code) => [code, 403] as const),
  [159, 408],
  [48, 501],
  [202, 503],
  [373, 503],
]);

const codeInText = /^Code: (\d+)\./;

type Failure = { readonly status: number; readonly code: number; readonly text: string };

const failureOf = (error: unknown): Failure => {
  if (error instanceof BodyError) {
    const { status, code, message } = error;
    return { status, code, text: `Code: ${code}. DB::Exception: ${message}.` };
  }
  if (error instanceof StatementError) {
    const { code, type, message } = error;
    const text = `Code: ${code}. DB::Exception: ${message}. (${type})`;
    return { status: statusByCode.get(code) ?? 400, code, text };
  }
  if (error instanceof GateFullError) {
    const text = `Code: 202. DB::Exception: ${error.message}. (TOO_MANY_SIMULTANEOUS_QUERIES)`;
    return { status: 503, code: 202, text };
  }
  const text = error instanceof Error ? error.message : String(error);
  const code = Number(codeInText.exec(text)?.[1] ?? 1002);
  const named = codeInText.test(text)
    ? text
    : `Code: 1002. DB::Exception: ${text}. (UNKNOWN_EXCEPTION)`;
  return { status: statusByCode.get(code) ?? 500, code, text: named };
};

/** Answers as ClickHouse does: the code in a header, `Code: N. DB::Exception: …` as the body. */
export const sendFailure = (response: ServerResponse, error: unknown, version: string): void => {
  const { status, code, text } = failureOf(error);
  response.writeHead(status, {
    'content-type': 'text/plain; charset=UTF-8',
    'x-clickhouse-exception-code': String(code),
  });
  response.end(`${text} (version ${version})\n`);
};

const pickCompressor = (request: IncomingMessage) => {
  const accepted = (request.headers['accept-encoding'] ?? '').toLowerCase();
  return compressors.find(([name]) => accepted.split(/[\s,;]+/).includes(name));
};

const summary = ({ resultRows, writtenRows, bytes, elapsedNs }: EngineAnswer): string =>
  JSON.stringify({
    // The engine reports rows of the result only, not rows read from storage.
    read_rows: String(resultRows + writtenRows),
    read_bytes: '0',
    written_rows: String(writtenRows),
    written_bytes: '0',
    total_rows_to_read: '0',
    result_rows: String(resultRows + writtenRows),
    result_bytes: String(bytes.length),
    elapsed_ns: String(elapsedNs),
  });

/** Sends a result, compressed when the client asked for it by `enable_http_compression`. */
export const sendAnswer = async (
  request: IncomingMessage,
  response: ServerResponse,
  answer: EngineAnswer,
  mayCompress: boolean,
): Promise<void> => {
  response.setHeader('content-type', contentType(answer.format));
  response.setHeader('x-clickhouse-format', answer.format);
  response.setHeader('x-clickhouse-summary', summary(answer));
  const compressor = mayCompress && answer.bytes.length > 0 ? pickCompressor(request) : undefined;
  const body = compressor === undefined ? answer.bytes : await compressor[1](answer.bytes);
  if (compressor !== undefined) response.setHeader('content-encoding', compressor[0]);
  response.setHeader('content-length', body.length);
  response.end(request.method === 'HEAD' ? undefined : body);
};
