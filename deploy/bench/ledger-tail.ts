import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import type { LedgerLine } from '../traffic/ledger.ts';

const PART_BYTES = 256 * 1024;

export type LedgerTail = {
  /** Lines added since the last time; whole ones only. */
  readonly read: () => Promise<LedgerLine[]>;
  readonly close: () => Promise<void>;
};

/** Follows a ledger file that is being written. */
export function createLedgerTail(file: string): LedgerTail {
  const decoder = new StringDecoder('utf8');
  const part = Buffer.alloc(PART_BYTES);
  let handle: FileHandle | null = null;
  let rest = '';

  return {
    read: async () => {
      handle ??= await open(file, 'r');
      const lines: LedgerLine[] = [];
      for (;;) {
        const { bytesRead } = await handle.read(part, 0, PART_BYTES);
        if (bytesRead === 0) return lines;
        const texts = (rest + decoder.write(part.subarray(0, bytesRead))).split('\n');
        rest = texts.pop() ?? '';
        for (const text of texts) lines.push(JSON.parse(text) as LedgerLine);
      }
    },
    close: async () => {
      await handle?.close();
    },
  };
}
