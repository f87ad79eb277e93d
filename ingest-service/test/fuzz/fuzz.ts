import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { ANSWER_TABLE } from '../../src/answer-table.ts';
import { event, request } from '../raw-http.ts';
import { inputs } from './inputs.ts';

export type FuzzOptions = {
  readonly requests: number;
  readonly seed: number;
  /** Told about every so many requests. */
  readonly tell: (line: string) => void;
};

export type FuzzReport = {
  /** Answers by status; `none`: no answer within the time we wait, or closed without one. */
  readonly counts: Readonly<Record<string, number>>;
  /** What must not be, with the input in hex. */
  readonly failures: readonly string[];
  /** Growth of the service's memory from the first tenth to the end. */
  readonly grownBytes: number;
  readonly seconds: number;
};

/** Every status of the table of answers, and no answer at all. */
export const ALLOWED_STATUSES: ReadonlySet<string> = new Set([
  ...ANSWER_TABLE.map(({ status }) => String(status)),
  'none',
]);
const AT_ONCE = 48;
/** An answer comes at once, or something is missing from the request. */
const SILENCE_MS = 60;
const GOOD_WAIT_MS = 3000;
const EVERY_GOOD = 100;
const CHUNK = 2000;
const FAILURES_MAX = 20;
const STATUS = /HTTP\/1\.1 (\d{3}) /g;
/** Loopback addresses taken in turn, so that ports do not run out. */
const SOURCES = 200;

type Counters = {
  readonly rssBytes: number;
  readonly isUnexpected: boolean;
  readonly hasErrors: boolean;
};

type Under = {
  readonly child: ChildProcess;
  readonly port: number;
  readonly ask: () => Promise<Counters>;
};

function heard<T>(child: ChildProcess, waitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the service said nothing')), waitMs);
    child.once('message', (value) => {
      clearTimeout(timer);
      resolve(value as T);
    });
    child.once('exit', (code) => reject(new Error(`the service ended with ${code}`)));
  });
}

async function startService(): Promise<Under> {
  const child = fork(join(import.meta.dirname, 'server.ts'), {
    stdio: 'inherit',
    execArgv: ['--expose-gc', '--max-semi-space-size=4'],
  });
  const { port } = await heard<{ port: number }>(child, 20_000);
  return {
    child,
    port,
    ask: () => {
      const answer = heard<Counters>(child, 20_000);
      child.send('counters');
      return answer;
    },
  };
}

let sources = 0;

/** Sends bytes over a connection of their own; the status of the first answer, or `none`. */
function statusOf(port: number, bytes: Uint8Array, waitMs: number): Promise<string> {
  return new Promise((resolve) => {
    sources = (sources + 1) % SOURCES;
    const socket = connect({ host: '127.0.0.1', port, localAddress: `127.0.1.${sources + 1}` });
    let text = '';
    const finish = (): void => {
      clearTimeout(timer);
      socket.resetAndDestroy();
      const statuses = [...text.matchAll(STATUS)].map(([, status = '']) => status);
      resolve(statuses.find((status) => !status.startsWith('1')) ?? 'none');
    };
    const timer = setTimeout(finish, waitMs);
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (/HTTP\/1\.1 [2-5]\d\d /.test(text)) finish();
    });
    socket.on('error', () => undefined);
    socket.on('close', finish);
  });
}

/**
 * Sends requests by grammar and mutation over raw sockets to a service of its own process. The same
 * seed sends the same bytes.
 */
export async function fuzz({ requests, seed, tell }: FuzzOptions): Promise<FuzzReport> {
  const startedAt = performance.now();
  const service = await startService();
  const counts: Record<string, number> = {};
  const failures: string[] = [];
  const fail = (what: string): void => {
    if (failures.length < FAILURES_MAX) failures.push(what);
  };
  const arbitrary = inputs();
  let early: Counters | null = null;
  let sent = 0;
  const ended = new AbortController();
  const isAlive = (): boolean => !ended.signal.aborted;
  service.child.once('exit', (code) => {
    ended.abort();
    fail(`the service ended with ${code}`);
  });

  const one = async (bytes: Buffer): Promise<void> => {
    const status = await statusOf(service.port, bytes, SILENCE_MS);
    counts[status] = (counts[status] ?? 0) + 1;
    if (!ALLOWED_STATUSES.has(status)) fail(`${status} to ${bytes.toString('hex')}`);
  };
  const good = async (number: number): Promise<void> => {
    const status = await statusOf(service.port, request(event(`good${number}`)), GOOD_WAIT_MS);
    if (status !== '200') fail(`${status} to a good sender, after ${sent} requests`);
  };
  try {
    for (let chunk = 0; sent < requests && isAlive(); chunk += 1) {
      const numRuns = Math.min(CHUNK, requests - sent);
      const waiting = fc.sample(arbitrary, { seed: seed + chunk, numRuns });
      const work = async (): Promise<void> => {
        for (let next = waiting.pop(); next !== undefined && isAlive(); next = waiting.pop()) {
          await one(next);
          sent += 1;
          if (sent % EVERY_GOOD === 0) await good(sent);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      if (early === null && sent >= requests / 10) early = await service.ask();
      if (chunk % 10 === 9) tell(`${sent} sent, ${JSON.stringify(counts)}`);
    }
    const late = await service.ask();
    if (late.isUnexpected) fail('something was answered as unexpected');
    if (late.hasErrors) fail('an error was logged');
    const grownBytes = late.rssBytes - (early ?? late).rssBytes;
    return { counts, failures, grownBytes, seconds: (performance.now() - startedAt) / 1000 };
  } finally {
    service.child.removeAllListeners('exit');
    service.child.disconnect();
  }
}
