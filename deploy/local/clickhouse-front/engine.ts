import { randomUUID } from 'node:crypto';
import { drainPending, Session, type ChdbResult } from 'chdb';
import type { Call } from './call.ts';
import { createGate } from './gate.ts';
import { createSpool } from './spool.ts';
import { quoteName, quoteText } from './sql-text.ts';
import type { Statement } from './statement.ts';

/** Limits of one query; a client may set others on the read-write address. */
export const queryLimits: Readonly<Record<string, string>> = {
  max_execution_time: '300',
  max_memory_usage: '2000000000',
  max_result_bytes: '268435456',
  result_overflow_mode: 'throw',
};

/** Stricter limits of the read-only address, which a client cannot change. */
export const readonlyLimits: Readonly<Record<string, string>> = {
  ...queryLimits,
  max_execution_time: '60',
};

/** How far the caller may go: write, read with own settings (GET), or only read (BI). */
export type Access = 'write' | 'read' | 'read-strictly';

export type EngineAnswer = {
  readonly bytes: Buffer;
  readonly format: string;
  readonly resultRows: number;
  readonly writtenRows: number;
  readonly elapsedNs: number;
};

export type EngineCall = {
  readonly call: Call;
  readonly statement: Statement;
  readonly rows: Buffer;
  readonly access: Access;
  /** Aborted when the client has gone: the engine then stops the query. */
  readonly signal: AbortSignal;
};

export interface Engine {
  readonly version: string;
  readonly timezone: string;
  run: (request: EngineCall, session: Session) => Promise<EngineAnswer>;
  /** Runs with a session of its own, which ends with the request: nothing can leak to another. */
  runAlone: (request: EngineCall) => Promise<EngineAnswer>;
  openSession: () => Session;
  unpackLz4: (bytes: Buffer) => Promise<Buffer>;
  close: () => Promise<void>;
}

const runningMax = 16;
const waitingMax = 256;

const assignments = (entries: Iterable<readonly [string, string]>): string =>
  [...entries].map(([name, value]) => `${name} = ${quoteText(value)}`).join(', ');

/** Settings, parameters and database of one call, in an order that a read-only session allows. */
const prepare = async (session: Session, { call, access }: EngineCall): Promise<void> => {
  const limits = access === 'read-strictly' ? readonlyLimits : queryLimits;
  const wanted = access === 'read-strictly' ? [] : [...call.settings];
  const params = [...call.params].map(([name, value]) => [`param_${name}`, value] as const);
  const settings = new Map([...Object.entries(limits), ...wanted, ...params]);
  if (access === 'read' && !settings.has('readonly')) settings.set('readonly', '2');
  const readonly = access === 'read-strictly' ? '1' : settings.get('readonly');
  settings.delete('readonly');
  await session.queryAsync(`SET ${assignments(settings)}`);
  if (call.database !== undefined && call.database !== '') {
    await session.queryAsync(`USE ${quoteName(call.database)}`);
  }
  if (readonly !== undefined) await session.queryAsync(`SET readonly = ${quoteText(readonly)}`);
};

const answerOf = (result: ChdbResult, format: string, isInsert: boolean): EngineAnswer => {
  const view = result.bytes();
  return {
    bytes: Buffer.from(view.buffer, view.byteOffset, view.byteLength),
    format,
    resultRows: isInsert ? 0 : result.rowsRead,
    writtenRows: isInsert ? result.rowsRead : 0,
    elapsedNs: Math.round(result.elapsed * 1e9),
  };
};

/**
 * Opens the engine on a directory. One process may hold one directory, and the caller holds its
 * lock.
 *
 * @param spoolDir where rows wait for the engine to read them, best in memory
 */
export const openEngine = async (dir: string, spoolDir: string): Promise<Engine> => {
  const main = new Session(dir);
  const killer = new Session(dir);
  const gate = createGate(runningMax, waitingMax);
  const text = async (sql: string): Promise<string> =>
    (await main.queryAsync(sql, { format: 'TabSeparatedRaw' })).text().trim();
  const version = await text('SELECT version()');
  const timezone = await text('SELECT timezone()');

  const withSpool = createSpool(spoolDir);

  const execute = async (session: Session, request: EngineCall, tag: string) => {
    const { statement, rows, call } = request;
    if (statement.kind === 'insert') {
      const { target, settings, format } = statement;
      return withSpool(rows, async (file) => {
        const sql = `${tag}${target} FROM INFILE ${quoteText(file)} ${settings} FORMAT ${format}`;
        return answerOf(await session.queryAsync(sql), format, true);
      });
    }
    const format = statement.format ?? call.defaultFormat ?? 'TabSeparated';
    const result = await session.queryAsync(tag + statement.sql, { format });
    return answerOf(result, format, false);
  };

  const run: Engine['run'] = (request, session) =>
    gate.pass(async () => {
      request.signal.throwIfAborted();
      await prepare(session, request);
      // The engine gives ids of its own, so a running query is found by the start of its text.
      const tag = `/*landed:${randomUUID()}*/ `;
      const stopQuery = (): void => {
        const sql = `KILL QUERY WHERE startsWith(query, ${quoteText(tag.trim())}) ASYNC`;
        // The client has gone: nobody is left who could be told that stopping failed.
        killer.queryAsync(sql).catch(() => undefined);
      };
      request.signal.addEventListener('abort', stopQuery);
      try {
        return await execute(session, request, tag);
      } finally {
        request.signal.removeEventListener('abort', stopQuery);
      }
    });

  return {
    version,
    timezone,
    run,
    openSession: () => new Session(dir),
    runAlone: async (request) => {
      const session = new Session(dir);
      try {
        return await run(request, session);
      } finally {
        session.close();
      }
    },
    unpackLz4: (bytes) =>
      withSpool(bytes, async (file) => {
        const source = `file(${quoteText(file)}, RawBLOB, 'x String', 'lz4')`;
        const result = await main.queryAsync(`SELECT x FROM ${source}`, { format: 'RawBLOB' });
        return Buffer.from(result.bytes());
      }),
    close: async () => {
      main.close();
      killer.close();
      await drainPending();
    },
  };
};
