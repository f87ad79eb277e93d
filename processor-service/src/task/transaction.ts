import type { OutputRecord } from './output.ts';

/** Where a partition's input goes on, and the clock there. */
export type InputPosition = {
  readonly nextOffset: bigint;
  /** Running maximum of the append times before that offset, ms. */
  readonly clock: number;
};

/** Offset after the last record written, by topic, for the task's own partition. */
export type WrittenOffsets = ReadonlyMap<string, bigint>;

/** One open transaction. After any rejection it is lost, and its producer with it. */
export interface TaskTransaction {
  readonly send: (records: readonly OutputRecord[]) => Promise<WrittenOffsets>;
  /** Makes the input position part of the transaction. */
  readonly sendPosition: (position: InputPosition) => Promise<void>;
  readonly commit: () => Promise<void>;
}

/** The producer of one partition's task, initialised: whoever held its id before is fenced. */
export interface TaskProducer {
  readonly begin: () => Promise<TaskTransaction>;
  readonly close: () => Promise<void>;
}

/** Opens the producer of a partition: fences an older one and ends its transaction. */
export type OpenTaskProducer = (partition: number) => Promise<TaskProducer>;

/** Reads the committed input position of a partition; null when there is none. */
export type ReadPosition = (partition: number) => Promise<InputPosition | null>;

/** Another producer has taken our transactional id: this one can write no more. */
export class FencedError extends Error {
  constructor(cause: unknown) {
    super('another owner has taken over', { cause });
    this.name = 'FencedError';
  }
}

/** The position as the metadata of the committed offset: the clock must survive with it. */
export function positionMetadata(position: InputPosition): string {
  return JSON.stringify({ clock: position.clock });
}

/** Reads the clock back; 0 when the metadata is not ours (offsets reset by hand). */
export function clockOfMetadata(metadata: string | null | undefined): number {
  try {
    const read = JSON.parse(metadata ?? '') as { clock?: unknown };
    return Number.isSafeInteger(read.clock) ? (read.clock as number) : 0;
  } catch {
    // Written by a tool that resets offsets: the clock rises again with the next records.
    return 0;
  }
}
