import { mutant } from './mutant.ts';
import type { Mutant } from './mutant.ts';

/** Wrong ways to keep and merge what is known of a person. */
// prettier-ignore
export const STATE_MUTANTS: readonly Mutant[] = [
  mutant('clock.ts', 'return b === null || a >= b ? a : b;', 'return b === null || a <= b ? a : b;', 'earliest for latest'),
  mutant('clock.ts', 'return b === null || a <= b ? a : b;', 'return b === null || a >= b ? a : b;', 'latest for earliest'),
  mutant('clock.ts', 'Math.floor(instant / DAY_MS)', 'Math.floor((instant - 5 * HOUR_MS) / DAY_MS)', 'days of New York, not UTC'),
  mutant('clock.ts', 'Math.floor((2 * numerator + denominator) / (2 * denominator))', 'Math.floor(numerator / denominator)', 'rounds down, not half up'),
  mutant('marks.ts', 'a.at - b.at || compareText(a.eventId, b.eventId)', 'a.at - b.at', 'ties of two marks go to whoever came first'),
  mutant('marks.ts', '(clearedAt === null || clearedAt <= mark.at)', '(clearedAt === null || clearedAt < mark.at)', 'a flag is cleared by what came at the same instant'),
  mutant('marks.ts', 'held === null || compareEvidence(held, next) < 0 ? next : held', 'next', 'the last evidence to come in wins'),
  mutant('text-order.ts', 'return unit <= SURROGATES_END ? unit + 0x2000 : unit - 0x800;', 'return unit;', 'sorts by UTF-16 units'),
  mutant('names.ts', 'known !== undefined && known.at >= at', 'known !== undefined', 'a name keeps its first instant'),
  mutant('consent.ts', 'layer.off.at >= layer.on.at', 'layer.off.at > layer.on.at', 'a tie of on and off is on'),
  mutant('consent.ts', '(isEmail && profile ===', '(profile ===', 'the person who opts in to mail gets text messages'),
  mutant('fold.ts', 'event.ts < newest - DELIVERY_WINDOW_MS', 'event.ts <= newest - DELIVERY_WINDOW_MS', 'an event exactly 45 days late is too late'),
  mutant('fold.ts', 'isTooOld && event.consents.length === 0', 'isTooOld', 'a late opt-out is lost'),
  mutant('fold.ts', "(metric === 'clicked' && channel === 'in_app' && !event.isMachine)", "(metric === 'clicked' && channel === 'in_app')", 'a machine in the app counts as a person'),
  mutant('fold.ts', "if (channel === 'email' && metric === 'spammed') foldComplaint(draft, event);", "if (metric === 'spammed') foldComplaint(draft, event);", 'a complaint about another channel counts as one about mail'),
  mutant('fold.ts', 'if (profile.complaints.includes(id)) return;', '', 'one complaint told twice counts twice'),
  mutant('delivery.ts', 'if (held !== undefined && held.at <= next.at) return part;', 'if (held !== undefined) return part;', 'the first failure to come in, not the earliest'),
  mutant('delivery.ts', '.slice(-KEPT.clicks)', '.slice(0, KEPT.clicks)', 'keeps the earliest clicks, not the latest'),
  mutant('delivery.ts', 'compareText(a.to, b.to)).slice(0, KEPT.parts)', '0).slice(0, KEPT.parts)', 'devices stand in the order they came in'),
  mutant('delivery.ts', 'fail.at - latestOne.at >= 0', 'fail.at - latestOne.at > 0', 'ties of the latest failure fall to the lesser kind'),
  mutant('settle.ts', 'first !== null && first < cutoff', 'first !== null && first <= cutoff', 'a delivery settles a millisecond early'),
  mutant('settle.ts', 'if (isSure && at >= cutoff) {', 'if (false) {', 'clicks settle with their delivery, whatever is still to come'),
  mutant('settle.ts', 'if ((counts[at] ?? 0) <= engagedDay) continue;', '', 'mails before the last click count as ignored'),
  mutant('settle.ts', 'if (next !== ladder) putHistory(draft, channel, { ...history, ladder: next });', '', 'the ladder is lost with its rows'),
  mutant('seen.ts', 'const isFull = seen.length >= KEPT.seenIds * STRIDE;', 'const isFull = false;', 'remembers ids without bound'),
  mutant('seen.ts', 'if (isFull && at === 0) return { seen, isUncertain: true };', 'if (isFull) return { seen, isUncertain: true };', 'forgets the latest ids, not the oldest'),
  mutant('outcome.ts', 'if (order < 0) draftChannel(draft, channel).current = { at, to };', 'draftChannel(draft, channel).current = { at, to };', 'the address of the event that came in last, not of the latest'),
  mutant('tally.ts', 'if (!after.parts.includes(part)) countPart(draft, channel, part, -1);', '', 'what a delivery counted before is not taken back'),
];
