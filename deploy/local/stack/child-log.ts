import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';

/** Above this size a log moves to `<file>.1`, so a child's output never takes more than twice this. */
export const logBytesMax = 16 * 1024 * 1024;

const statOf = (file: string): Stats | undefined => statSync(file, { throwIfNoEntry: false });

/** Opens a child's log for appending; what an earlier run left moves aside when it is large. */
export const openLog = (file: string): number => {
  mkdirSync(dirname(file), { recursive: true });
  capLog(file);
  return openSync(file, 'a');
};

/**
 * Moves a log that has outgrown `bytesMax` to `<file>.1` and empties it. The child keeps its
 * descriptor: it appends, so its next line lands at the start of the emptied file.
 */
export const capLog = (file: string, bytesMax = logBytesMax): boolean => {
  const size = statOf(file)?.size ?? 0;
  if (size <= bytesMax) return false;
  copyFileSync(file, `${file}.1`);
  truncateSync(file, 0);
  return true;
};

/** The last lines of a log, for the message about a child that died. */
export const logTail = (file: string, linesMax = 12, bytesMax = 4096): string => {
  const size = statOf(file)?.size ?? 0;
  if (size === 0) return '';
  const length = Math.min(size, bytesMax);
  const buffer = Buffer.alloc(length);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, buffer, 0, length, size - length);
  } finally {
    closeSync(descriptor);
  }
  return buffer.toString('utf8').trimEnd().split('\n').slice(-linesMax).join('\n');
};
