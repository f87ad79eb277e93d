import { KEPT } from './bounds.ts';
import { compareText } from './text-order.ts';

/** An instant and the event that gave it. The greatest wins, ties by event id: free of order. */
export type Mark = {
  readonly at: number;
  readonly eventId: string;
};

/** A failure kept as evidence. */
export type Evidence = Mark & {
  readonly cls: string;
  readonly kind: string;
  readonly rule: string;
};

function compareMarks(a: Mark, b: Mark): number {
  return a.at - b.at || compareText(a.eventId, b.eventId);
}

function compareEvidence(a: Evidence, b: Evidence): number {
  return (
    compareMarks(a, b) ||
    compareText(a.cls, b.cls) ||
    compareText(a.kind, b.kind) ||
    compareText(a.rule, b.rule)
  );
}

export function laterMark(held: Mark | null, next: Mark): Mark {
  return held === null || compareMarks(held, next) < 0 ? next : held;
}

export function laterEvidence(held: Evidence | null, next: Evidence): Evidence {
  return held === null || compareEvidence(held, next) < 0 ? next : held;
}

/** Adds to a list of the greatest few, kept in ascending order; the same failure counts once. */
export function keepGreatest(held: readonly Evidence[], next: Evidence): readonly Evidence[] {
  let at = held.length;
  while (at > 0) {
    const order = compareEvidence(held[at - 1] ?? next, next);
    if (order === 0) return held;
    if (order < 0) break;
    at -= 1;
  }
  if (at === 0 && held.length >= KEPT.evidence) return held;
  const kept = [...held.slice(0, at), next, ...held.slice(at)];
  return kept.length > KEPT.evidence ? kept.slice(1) : kept;
}

/** True when the mark stands: nothing cleared it strictly later. */
export function stands(mark: Mark | null, clearedAt: number | null): boolean {
  return mark !== null && (clearedAt === null || clearedAt <= mark.at);
}
