import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { OperationError } from '@landed/schemas/fate';
import { z } from 'zod';

/*
 * The sender's own account: one JSON object a line, a file a run. `sent` stands on disk before a call
 * leaves, `answer` after each attempt. What was answered with 2xx is ours to prove.
 */
const ledgerLine = z.discriminatedUnion('line', [
  z.object({ line: z.literal('run'), workspace: z.string() }),
  z.object({
    line: z.literal('sent'),
    call: z.int(),
    event_id: z.string().nullable(),
    sha256: z.string().length(64),
  }),
  z.object({
    line: z.literal('answer'),
    call: z.int(),
    status: z.int(),
    word: z.string(),
    at: z.int(),
  }),
]);

type LedgerLine = z.output<typeof ledgerLine>;

/** One call that was acknowledged, or may have been stored without that. */
export type Call = {
  readonly workspace: string;
  readonly eventId: string | null;
  readonly bodySha256: string;
  /** `stored` or `quarantined`; null: never acknowledged. */
  readonly answered: 'stored' | 'quarantined' | null;
  /** When it was acknowledged, ms. */
  readonly acknowledgedAt: number;
};

const isAcknowledged = (status: number): boolean => status >= 200 && status < 300;

async function filesOf(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new OperationError(`no ledger at ${path}`, { retriable: false, cause });
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => name.endsWith('.jsonl')).sort();
  return names.map((name) => join(path, name));
}

function parseLine(text: string, where: string): LedgerLine {
  try {
    return ledgerLine.parse(JSON.parse(text));
  } catch (cause) {
    throw new OperationError(`${where} is no line of a ledger`, { retriable: false, cause });
  }
}

const isWhole = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Lines of a file; a torn last one (the sender was killed) is left out. */
async function* linesOf(file: string): AsyncGenerator<LedgerLine> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  let held: string | null = null;
  let number = 0;
  for await (const text of lines) {
    if (held !== null && held !== '') yield parseLine(held, `${file}:${number}`);
    held = text;
    number += 1;
  }
  if (held !== null && held !== '' && isWhole(held)) yield parseLine(held, `${file}:${number}`);
}

/**
 * Every call of a ledger: those acknowledged in the order of their answers, then, per file, those
 * that never were.
 *
 * @param path a folder of `.jsonl` files, or one file
 * @throws OperationError, not retriable, when nothing is there or a line is broken
 */
export async function* readCalls(path: string): AsyncGenerator<Call> {
  for (const file of await filesOf(path)) {
    let workspace = '';
    const open = new Map<number, { eventId: string | null; bodySha256: string }>();
    for await (const line of linesOf(file)) {
      if (line.line === 'run') workspace = line.workspace;
      else if (line.line === 'sent') {
        open.set(line.call, { eventId: line.event_id, bodySha256: line.sha256 });
      } else if (isAcknowledged(line.status)) {
        const call = open.get(line.call);
        open.delete(line.call);
        const answered = line.word === 'quarantined' ? 'quarantined' : 'stored';
        if (call) yield { workspace, ...call, answered, acknowledgedAt: line.at };
      }
    }
    for (const call of open.values()) {
      yield { workspace, ...call, answered: null, acknowledgedAt: 0 };
    }
  }
}
