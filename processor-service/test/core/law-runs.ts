/**
 * How many histories each law is tried on. One number for all of them: `LAWS_HISTORIES`, divided by
 * what a law costs and finds. `npm run test:laws` asks for more than `npm test` does.
 */
const HISTORIES = Number(process.env['LAWS_HISTORIES'] ?? 2000);

/** Hundredths of all histories; they add up to 100. */
const SHARES = {
  order: 16,
  halves: 14,
  repetition: 3,
  mirror: 2,
  plain: 14,
  plainMidway: 18,
  bandsByTime: 3,
  suppressionEnds: 8,
  nextChange: 4,
  timerChain: 4,
  idle: 8,
  tooOld: 2,
  noNaN: 4,
} as const satisfies Record<string, number>;

export type Law = keyof typeof SHARES;

/** Runs of one law; at least a few. */
export function runsOf(law: Law): number {
  return Math.max(5, Math.round((HISTORIES * SHARES[law]) / 100));
}

/** A long run has no deadline of its own: the command that asks for it has one. */
export const LAW_TIMEOUT_MS = HISTORIES > 5000 ? 3_600_000 : 60_000;

/** Sum of all shares, for the test that the number asked for is the number run. */
export const SHARES_SUM = Object.values(SHARES).reduce((sum, share) => sum + share, 0);
