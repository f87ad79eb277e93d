import type { Random } from '../traffic/random.ts';

/**
 * A fault of the plan: from outside at a moment of progress, or by the process itself at a step. A
 * pause (SIGSTOP beyond the session, then SIGCONT) makes a zombie: it believes it still owns its
 * partitions, and may be in the middle of a transaction.
 */
export type PlannedKill =
  | { readonly target: 'processor' | 'broker' | 'pause'; readonly atRecords: number }
  | { readonly target: 'failpoint'; readonly step: string; readonly count: number };

const STEPS = ['begin', 'send', 'offsets', 'commit', 'store'] as const;
/** Few enough that the process reaches it while there is work left. */
const STEP_COUNT_MAX = 25;

/**
 * Kills spread over a run: half of them at the steps of a checkpoint, each step in turn (random
 * moments miss windows of microseconds), the others of a processor or of the broker at random moments.
 */
export function planKills(
  random: Random,
  counts: { readonly kills: number; readonly pauses: number },
  events: number,
): readonly PlannedKill[] {
  const { kills, pauses } = counts;
  const atSteps = Math.floor(kills / 2);
  const plan: PlannedKill[] = [];
  for (let index = 0; index < atSteps; index++) {
    const step = STEPS[index % STEPS.length] ?? 'commit';
    plan.push({ target: 'failpoint', step, count: random.integer(1, STEP_COUNT_MAX) });
  }
  for (let index = atSteps; index < kills; index++) {
    const target = index % 3 === 0 ? 'broker' : 'processor';
    // Spread evenly, each moved at random within its share; the last share stays quiet.
    const share = (events * 0.95) / (kills - atSteps);
    const atRecords = Math.floor((index - atSteps + random.unit()) * share);
    plan.push({ target, atRecords });
  }
  for (let index = 0; index < pauses; index++) {
    plan.push({ target: 'pause', atRecords: random.integer(0, Math.floor(events * 0.9)) });
  }
  return plan.sort((a, b) => startOf(a) - startOf(b));
}

const startOf = (kill: PlannedKill): number => (kill.target === 'failpoint' ? -1 : kill.atRecords);
