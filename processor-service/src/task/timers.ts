import type { Cause, ScoreChange } from '@landed/schemas/events.gen';
import type { KnownPerson } from './known-person.ts';
import { lookAt } from './look.ts';
import type { Overlay } from './overlay.ts';
import type { Store, Timer } from './store/store.ts';

/*
 * Timers fire at their own instant, on the first record that takes the clock past them: a tick, or an
 * event of that person. So what a person's timers publish depends on the log alone.
 */

export type FiredTimers = {
  readonly known: KnownPerson;
  readonly changes: readonly ScoreChange[];
  readonly count: number;
};

/** A person has few timers between two events; more mean that one does not move on. */
const TIMERS_OF_PERSON_MAX = 2_000;

/** Fires all timers of one person up to and including `clock`, each at its own instant. */
export function fireTimers(
  known: KnownPerson,
  profileKey: string,
  clock: number,
  cause: Cause,
  scoreStep: number,
): FiredTimers {
  let current = known;
  const changes: ScoreChange[] = [];
  let count = 0;
  while (current.timerAt !== null && current.timerAt <= clock) {
    if (++count > TIMERS_OF_PERSON_MAX) throw new RangeError('timers without end');
    const looked = lookAt(current, profileKey, current.timerAt, cause, scoreStep);
    if (looked.change !== null) changes.push(looked.change);
    current = looked.known;
  }
  return { known: current, changes, count };
}

const keyOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const isBefore = (a: Timer, b: Timer): boolean =>
  a.at < b.at || (a.at === b.at && keyOrder(a.key, b.key) < 0);

/** Puts a timer into an ordered queue. Most belong near the end, so it is searched from there. */
function enqueue(queue: Timer[], timer: Timer): void {
  let at = queue.length;
  while (at > 0 && isBefore(timer, queue[at - 1] ?? timer)) at--;
  queue.splice(at, 0, timer);
}

export type DueDeps = {
  readonly store: Pick<Store, 'timersUntil'>;
  readonly overlay: Overlay;
  /** Most timers of one transaction. */
  readonly timersMax: number;
  /** Looks at one person at the instant of its timer; answers the person after it. */
  readonly fire: (known: KnownPerson, timer: Timer) => KnownPerson;
};

/**
 * Fires the timers a tick makes due, in the order (instant, key), those included that a fired one sets
 * again. The overlay must be empty before.
 *
 * @returns whether none is left; if some are, the tick stays uncommitted and fires the rest next
 */
export function fireDue(deps: DueDeps, clock: number): { fired: number; isDone: boolean } {
  const { overlay, timersMax } = deps;
  const queue = [...deps.store.timersUntil(clock, timersMax)];
  // Beyond the last one read there may be more in the store: nothing later may overtake them.
  const horizon = queue.length === timersMax ? queue.at(-1) : undefined;
  let fired = 0;
  for (let timer = queue.shift(); timer !== undefined; timer = queue.shift()) {
    if (fired === timersMax || (horizon !== undefined && isBefore(horizon, timer))) {
      return { fired, isDone: false };
    }
    const known = deps.fire(overlay.get(timer.key), timer);
    overlay.put(timer.key, known, []);
    fired++;
    if (known.timerAt !== null && known.timerAt <= clock) {
      enqueue(queue, { at: known.timerAt, key: timer.key });
    }
  }
  return { fired, isDone: horizon === undefined };
}
