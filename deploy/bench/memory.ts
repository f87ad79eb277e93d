import { readFileSync } from 'node:fs';
import { median } from './median.ts';

/** Resident memory of one process, bytes. */
export type MemorySample = {
  readonly name: string;
  /** Since the start of the traffic. */
  readonly atMs: number;
  readonly residentBytes: number;
  /** Of it, memory that is no file in the page cache: heaps and stacks. */
  readonly anonymousBytes: number;
};

const KIB = 1024;

function fieldKib(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
}

/**
 * Resident memory of a process as the kernel tells it.
 *
 * @returns null when there is no such process, or no /proc
 */
export function readMemory(
  pid: number,
): Pick<MemorySample, 'residentBytes' | 'anonymousBytes'> | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return {
      residentBytes: fieldKib(status, 'VmRSS') * KIB,
      anonymousBytes: fieldKib(status, 'RssAnon') * KIB,
    };
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

export type MemoryWatch = {
  readonly samples: readonly MemorySample[];
  readonly take: () => void;
  readonly stop: () => void;
};

/** Samples all processes every `everyMs` until stopped. */
export function watchMemory(
  processes: () => readonly { readonly name: string; readonly pid: number }[],
  everyMs: number,
): MemoryWatch {
  const startedAt = performance.now();
  const samples: MemorySample[] = [];
  const take = (): void => {
    const atMs = performance.now() - startedAt;
    for (const { name, pid } of processes()) {
      const memory = readMemory(pid);
      if (memory !== null) samples.push({ name, atMs, ...memory });
    }
  };
  const timer = setInterval(take, everyMs);
  return { samples, take, stop: () => clearInterval(timer) };
}

/** Memory of a process around an instant. */
export type MemoryAt = Pick<MemorySample, 'residentBytes' | 'anonymousBytes'>;

/**
 * Memory of a process around an instant: the medians of the samples within half a minute before it,
 * so that one garbage collection decides nothing.
 *
 * @returns null when nothing was sampled then
 */
export function memoryAt(
  samples: readonly MemorySample[],
  name: string,
  atMs: number,
): MemoryAt | null {
  const near = samples.filter(
    (sample) => sample.name === name && sample.atMs <= atMs && sample.atMs > atMs - 30_000,
  );
  if (near.length === 0) return null;
  return {
    residentBytes: median(near.map(({ residentBytes }) => residentBytes)),
    anonymousBytes: median(near.map(({ anonymousBytes }) => anonymousBytes)),
  };
}
