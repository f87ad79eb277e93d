import { statfsSync } from 'node:fs';
import { OperationError } from '@landed/schemas/fate';

/** Below this nothing is written: a full disk under a memory map kills the process (SIGBUS). */
export const FREE_BYTES_MIN = 256 * 1024 * 1024;

/**
 * Makes sure the disk of a folder has room for the next write.
 *
 * @throws OperationError, retriable, when less than `bytesMin` is free
 */
export function assertFreeSpace(dir: string, bytesMin = FREE_BYTES_MIN): void {
  const { bavail, bsize } = statfsSync(dir);
  const free = bavail * bsize;
  if (free < bytesMin) {
    const mib = (bytes: number): number => Math.floor(bytes / (1024 * 1024));
    throw new OperationError(
      `only ${mib(free)} MiB are free for the state folder, ${mib(bytesMin)} are needed`,
      { retriable: true },
    );
  }
}
