import type { Attempt } from './good-sender.ts';

/** Attempts due from one instant up to another, wall clock, ms. */
export const between = (
  attempts: readonly Attempt[],
  from: number,
  to: number,
): readonly Attempt[] => attempts.filter(({ dueAt }) => dueAt >= from && dueAt < to);

const isGood = ({ status }: Attempt): boolean => status === 200;

/** Answers that may be given to a good sender: stored, or try again soon. */
const isLawful = ({ status }: Attempt): boolean => status === 200 || status === 503;

/** How often each answer came; `503`, `reset` and so on. */
export function tally(attempts: readonly Attempt[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { status, word } of attempts) {
    const name = status === 0 ? word : String(status);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Attempts that met anything but 200 and 503. */
export const unlawful = (attempts: readonly Attempt[]): readonly Attempt[] =>
  attempts.filter((attempt) => !isLawful(attempt));

/** The value below which a share of all lies, 0 to 1; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

export const tookMs = (attempts: readonly Attempt[]): readonly number[] =>
  attempts.map((attempt) => attempt.tookMs);

export const refusals = (attempts: readonly Attempt[]): readonly Attempt[] =>
  attempts.filter(({ status }) => status === 503);

/** How the service came back after a fault ended. */
export type Recovery = {
  /** From the end of the fault to the first 200; null: there was none. */
  readonly firstMs: number | null;
  /** To the last answer that was none, 0 when all were good; null: there was no 200 after it. */
  readonly steadyMs: number | null;
};

/** Looks at what was answered after a fault had ended, and before the next one began. */
export function recovery(
  attempts: readonly Attempt[],
  endedAt: number,
  untilAt = Infinity,
): Recovery {
  const after = attempts
    .map((attempt) => ({ isGood: isGood(attempt), at: attempt.dueAt + attempt.tookMs }))
    .filter(({ at }) => at >= endedAt && at < untilAt)
    .sort((one, other) => one.at - other.at);
  const first = after.find((each) => each.isGood);
  const lastBad = after.findLast((each) => !each.isGood);
  const isGoodAtLast = after.at(-1)?.isGood === true;
  return {
    firstMs: first ? first.at - endedAt : null,
    steadyMs: isGoodAtLast ? (lastBad?.at ?? endedAt) - endedAt : null,
  };
}
