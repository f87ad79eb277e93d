import { mkdir, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { lastRun, runFileName } from './ledger.ts';
import type { AnswerLine, LedgerLine, RunLine, SentLine } from './ledger.ts';

export type LedgerWriter = {
  readonly run: number;
  readonly file: string;
  /** Resolves once the line is on disk. */
  readonly sent: (line: Omit<SentLine, 'line'>) => Promise<void>;
  /** Resolves once the line is on disk. */
  readonly answer: (line: Omit<AnswerLine, 'line'>) => Promise<void>;
  /** Writes what is left, then closes. */
  readonly close: () => Promise<void>;
};

type Waiting = {
  readonly text: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
};

/**
 * Appends lines to a file; all that wait while one write and fdatasync runs go out with the next,
 * so that the number of syncs does not grow with the rate.
 */
function createAppender(handle: FileHandle) {
  let waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        await handle.appendFile(group.map((line) => line.text).join(''));
        await handle.datasync();
        for (const line of group) line.done();
      } catch (error) {
        for (const line of group) line.failed(error);
      }
    }
    writing = null;
  }

  return {
    append: (line: LedgerLine): Promise<void> =>
      new Promise((done, failed) => {
        waiting.push({ text: `${JSON.stringify(line)}\n`, done, failed });
        writing ??= writeAll();
      }),
    idle: async (): Promise<void> => {
      while (writing !== null) await writing;
    },
  };
}

/** The file of the next run. Two senders that start together get two numbers. */
async function createRunFile(
  folder: string,
): Promise<{ run: number; file: string; handle: FileHandle }> {
  await mkdir(folder, { recursive: true });
  for (let run = (await lastRun(folder)) + 1; ; run += 1) {
    const file = join(folder, runFileName(run));
    try {
      return { run, file, handle: await open(file, 'ax') };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** The folder itself must be synced too, else a power cut may forget the new file. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Opens the next run of a ledger. The file and its first line are on disk when it resolves.
 *
 * @param folder made when missing
 */
export async function openLedger(
  folder: string,
  run: Omit<RunLine, 'line' | 'run'>,
): Promise<LedgerWriter> {
  const created = await createRunFile(folder);
  const appender = createAppender(created.handle);
  await appender.append({ line: 'run', run: created.run, ...run });
  await syncFolder(folder);
  return {
    run: created.run,
    file: created.file,
    sent: (line) => appender.append({ line: 'sent', ...line }),
    answer: (line) => appender.append({ line: 'answer', ...line }),
    close: async () => {
      await appender.idle();
      await created.handle.close();
    },
  };
}
