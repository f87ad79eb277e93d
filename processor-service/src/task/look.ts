import type { Cause, ScoreChange } from '@landed/schemas/events.gen';
import { workspaceOf } from '@landed/schemas/key';
import { compareViews } from '../core/change.ts';
import { explain, summarise } from '../core/explain.ts';
import { RULES_VERSION } from '../core/interpret.ts';
import { identifiersOf } from '../core/person.ts';
import { timerAt } from '../core/timer.ts';
import { SCORE_VERSION, view } from '../core/view.ts';
import type { KnownPerson } from './known-person.ts';

/** A person after a look, and the score change to publish, if what is published differs. */
export type Looked = { readonly known: KnownPerson; readonly change: ScoreChange | null };

/**
 * Looks at a person at an instant: compares the view that holds then with the one last published, and
 * sets the timer for the next look. Versions go up by one with each change and never leave a gap.
 *
 * @param at the clock of the record, or the instant of a timer, ms
 */
export function lookAt(
  known: KnownPerson,
  profileKey: string,
  at: number,
  cause: Cause,
  scoreStep: number,
): Looked {
  const { person } = known;
  const after = view(person, at);
  const { changed, publish } = compareViews(known.view, after, scoreStep);
  const next = timerAt(person, at);
  if (next !== null && next <= at) throw new RangeError('the timer does not move on');
  const looked = { ...known, timerAt: next, lookedAt: at };
  if (!publish) return { known: looked, change: null };

  const version = known.version + 1;
  // An event may be dated a little after its record: its view holds from then on.
  const changedAt = Math.max(at, person.profile.latestTs ?? at);
  const reasons = explain(person, after, cause, changedAt);
  const { customer_id, cio_id } = identifiersOf(person.profile);
  const change: ScoreChange = {
    workspace: workspaceOf(profileKey),
    profile_id: profileKey,
    customer_id,
    cio_id,
    version,
    changed_at: changedAt,
    summary: summarise(known.view, after, changed, reasons, cause),
    changed: [...changed],
    cause,
    reasons: [...reasons],
    before: known.view,
    after,
    score_version: SCORE_VERSION,
    rules_version: RULES_VERSION,
  };
  return { known: { ...looked, version, publishedAt: changedAt, view: after }, change };
}

/** The cause of what time alone changed. The raw record is the one that took the clock past it. */
export function timerCause(rawPartition: number, rawOffset: bigint): Cause {
  return {
    kind: 'timer',
    event_id: null,
    metric: null,
    channel: null,
    delivery_id: null,
    occurred_at: null,
    raw_partition: rawPartition,
    raw_offset: Number(rawOffset),
  };
}
