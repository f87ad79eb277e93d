import { build } from 'hdr-histogram-js';
import type { Answer } from './post.ts';

/** What a run has done so far. Latency runs from the instant a call was due to its acknowledgement. */
export type Progress = {
  readonly sent: number;
  readonly acknowledged: number;
  readonly stored: number;
  readonly quarantined: number;
  readonly retries: number;
  /** Sent and not acknowledged yet. */
  readonly waiting: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  /** Attempts without a 2xx since the last look, by what came instead. */
  readonly failing: Readonly<Record<string, number>>;
};

export type SentCounts = {
  readonly sent: () => void;
  readonly acknowledged: (answer: Answer, latencyMs: number) => void;
  readonly failed: (answer: Answer) => void;
  readonly retried: () => void;
  readonly look: () => Progress;
};

const MICROSECONDS = 1000;
const LATENCY_MS_MAX = 3_600_000;

/** Counts of a run, with an exact enough histogram of latency (three digits). */
export function createSentCounts(): SentCounts {
  const latency = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LATENCY_MS_MAX * MICROSECONDS,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
  const counts = { sent: 0, acknowledged: 0, stored: 0, quarantined: 0, retries: 0 };
  let failing: Record<string, number> = {};
  const inMs = (microseconds: number): number => Math.round(microseconds / 10) / 100;

  return {
    sent: () => {
      counts.sent += 1;
    },
    acknowledged: (answer, latencyMs) => {
      counts.acknowledged += 1;
      counts[answer.word === 'quarantined' ? 'quarantined' : 'stored'] += 1;
      latency.recordValue(
        Math.round(Math.min(Math.max(latencyMs, 0), LATENCY_MS_MAX) * MICROSECONDS),
      );
    },
    failed: (answer) => {
      failing[answer.word] = (failing[answer.word] ?? 0) + 1;
    },
    retried: () => {
      counts.retries += 1;
    },
    look: () => {
      const seen = failing;
      failing = {};
      return {
        ...counts,
        waiting: counts.sent - counts.acknowledged,
        p50_ms: inMs(latency.getValueAtPercentile(50)),
        p99_ms: inMs(latency.getValueAtPercentile(99)),
        max_ms: inMs(latency.maxValue),
        failing: seen,
      };
    },
  };
}
