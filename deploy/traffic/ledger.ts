import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/**
 * The ledger is the sender's own account of a run, kept so that an audit can hold the system to
 * it. A folder with one file a run (`run-0001.jsonl`), each line one JSON object:
 *
 * - `run`    first line: who sends, from which seed, to where
 * - `sent`   on disk before the first byte of a call leaves
 * - `answer` one for every attempt; `status` 0 means that no answer came
 *
 * Lines of one call carry its number `call`. A call is acknowledged once an answer of 200 to 299
 * is written; a call without one may or may not have arrived. Only the last line of a file may be
 * torn (the sender was killed).
 */
export const CALL_KINDS = ['event', 'duplicate', 'rubbish'] as const;

/** What a call is: a new event, the same bytes again, or an authentic call that is no usable event. */
export type CallKind = (typeof CALL_KINDS)[number];

const runLine = z.object({
  line: z.literal('run'),
  run: z.int(),
  seed: z.string(),
  workspace: z.string(),
  url: z.string(),
  base_at: z.int(),
  started_at: z.int(),
});

const sentLine = z.object({
  line: z.literal('sent'),
  call: z.int(),
  event_id: z.string().nullable(),
  sha256: z.string().length(64),
  bytes: z.int(),
  kind: z.enum(CALL_KINDS),
  object_type: z.string().nullable(),
  metric: z.string().nullable(),
  sent_at: z.int(),
});

const answerLine = z.object({
  line: z.literal('answer'),
  call: z.int(),
  attempt: z.int(),
  status: z.int(),
  word: z.string(),
  reason: z.string().nullable(),
  at: z.int(),
});

const ledgerLine = z.discriminatedUnion('line', [runLine, sentLine, answerLine]);

export type RunLine = z.output<typeof runLine>;
export type SentLine = z.output<typeof sentLine>;
export type AnswerLine = z.output<typeof answerLine>;
export type LedgerLine = z.output<typeof ledgerLine>;

/** One call and what became of it. Instants are ms UTC. */
export type LedgerEntry = {
  /** Path of the file it stands in. */
  readonly file: string;
  readonly run: number;
  /** Number of the call within its run, from 0. */
  readonly call: number;
  readonly workspace: string;
  /** Id in the body; null when the body holds none. */
  readonly eventId: string | null;
  /** SHA-256 of the body as sent, lower-case hex: equals `body_sha256` of the stored record. */
  readonly bodySha256: string;
  readonly bodyBytes: number;
  readonly kind: CallKind;
  readonly objectType: string | null;
  readonly metric: string | null;
  /** Attempts that were answered or given up; 0: killed before the first ended. */
  readonly attempts: number;
  /** Status of the last attempt, 0 when it had no answer. */
  readonly status: number;
  /** `stored` or `quarantined` as answered; else `timeout`, `refused`, `reset`, `no_answer`, `http_503`, … */
  readonly word: string;
  /** Reason of a quarantine, as answered. */
  readonly reason: string | null;
  readonly sentAt: number;
  /** Null: never acknowledged, so it may be stored or not. */
  readonly acknowledgedAt: number | null;
};

/** A ledger that cannot be trusted: a broken line before the last one, or lines without their call. */
export class LedgerError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LedgerError';
  }
}

const RUN_FILE = /^run-(\d{4,})\.jsonl$/;

/** Name of the file of run number `run`. */
export const runFileName = (run: number): string => `run-${String(run).padStart(4, '0')}.jsonl`;

/**
 * Files of a ledger in the order of their runs. `path` is a folder or one file.
 *
 * @returns an empty list when nothing is there
 */
export async function ledgerFiles(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (found === null) return [];
  if (!found.isDirectory()) return [path];
  const runs = (await readdir(path)).flatMap((name) => {
    const run = RUN_FILE.exec(name)?.[1];
    return run === undefined ? [] : [{ run: Number(run), file: join(path, name) }];
  });
  return runs.sort((one, other) => one.run - other.run).map(({ file }) => file);
}

/** Number of the last run in a ledger folder, 0 when there is none. */
export async function lastRun(folder: string): Promise<number> {
  const last = (await ledgerFiles(folder)).at(-1);
  return last === undefined ? 0 : Number(RUN_FILE.exec(last.slice(folder.length + 1))?.[1] ?? 0);
}

function parseLine(text: string, where: string): LedgerLine {
  try {
    return ledgerLine.parse(JSON.parse(text));
  } catch (error) {
    throw new LedgerError(`${where} is not a line of a ledger`, { cause: error });
  }
}

/**
 * Lines of one file, in order. A last line that is torn is left out.
 *
 * @throws LedgerError when any other line is broken
 */
export async function* readLedgerLines(file: string): AsyncGenerator<LedgerLine> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  let number = 0;
  let held: string | null = null;
  for await (const text of lines) {
    if (held !== null) yield parseLine(held, `${file}:${number}`);
    held = text;
    number += 1;
  }
  if (held === null || held === '') return;
  try {
    JSON.parse(held);
  } catch {
    return;
  }
  yield parseLine(held, `${file}:${number}`);
}

const isAcknowledged = (status: number): boolean => status >= 200 && status < 300;

function entryOf(
  file: string,
  run: RunLine,
  sent: SentLine,
  answer: AnswerLine | null,
): LedgerEntry {
  return {
    file,
    run: run.run,
    call: sent.call,
    workspace: run.workspace,
    eventId: sent.event_id,
    bodySha256: sent.sha256,
    bodyBytes: sent.bytes,
    kind: sent.kind,
    objectType: sent.object_type,
    metric: sent.metric,
    attempts: answer?.attempt ?? 0,
    status: answer?.status ?? 0,
    word: answer?.word ?? 'no_answer',
    reason: answer?.reason ?? null,
    sentAt: sent.sent_at,
    acknowledgedAt: answer !== null && isAcknowledged(answer.status) ? answer.at : null,
  };
}

async function* readRun(file: string): AsyncGenerator<LedgerEntry> {
  let run: RunLine | null = null;
  const open = new Map<number, { sent: SentLine; answer: AnswerLine | null }>();
  for await (const line of readLedgerLines(file)) {
    if (line.line === 'run') {
      run = line;
      continue;
    }
    if (run === null) throw new LedgerError(`${file} does not begin with its run`);
    if (line.line === 'sent') {
      open.set(line.call, { sent: line, answer: null });
      continue;
    }
    const call = open.get(line.call);
    if (call === undefined)
      throw new LedgerError(`${file}: answer to call ${line.call}, never sent`);
    call.answer = line;
    if (isAcknowledged(line.status)) {
      open.delete(line.call);
      yield entryOf(file, run, call.sent, line);
    }
  }
  if (run === null) return;
  for (const { sent, answer } of open.values()) yield entryOf(file, run, sent, answer);
}

/**
 * Every call in a ledger, once: run by run, within a run in the order of the acknowledgements,
 * those without one last. Memory holds only the calls that are not acknowledged yet.
 *
 * @param path folder of a ledger, or one file of it; nothing there reads as an empty ledger
 * @throws LedgerError when the ledger is damaged otherwise than by a killed sender
 */
export async function* readLedger(path: string): AsyncGenerator<LedgerEntry> {
  for (const file of await ledgerFiles(path)) yield* readRun(file);
}
