import { dayOf } from './clock.ts';
import { addToCell, addToCount, failureCell } from './day-table.ts';
import type { Cell, DayTable } from './day-table.ts';
import { legDeliveredAt } from './delivery.ts';
import type { Leg, Part } from './delivery.ts';
import { draftChannel, findHistory, putHistory } from './draft.ts';
import type { Draft } from './draft.ts';
import type { Channel } from './event.ts';
import { historyKey } from './profile.ts';

/** Calls back for everything a part contributes to its history: score.md section 3. */
function contributions(part: Part, add: (day: number, cell: Cell) => void): void {
  if (part.fails.length === 0) {
    if (part.deliveredAt !== null) add(dayOf(part.deliveredAt), 'success');
    return;
  }
  for (const fail of part.fails) {
    const cell = failureCell(fail.cls, fail.kind);
    if (cell !== null) add(dayOf(fail.at), cell);
  }
}

function countPart(draft: Draft, channel: Channel, part: Part, change: 1 | -1): void {
  const held = findHistory(channel, draft.channels[channel], part.to);
  let table: DayTable = held?.table ?? [];
  const before = table;
  contributions(part, (day, cell) => {
    table = addToCell(table, day, cell, change);
  });
  if (table === before) return;
  const to = historyKey(channel, part.to);
  putHistory(draft, channel, { to, table, ladder: held?.ladder ?? null });
}

/**
 * Carries a change of a delivery's reading into the day tables: minus what the leg contributed,
 * plus what it contributes now, so that nothing is counted twice.
 */
export function tallyLeg(draft: Draft, before: Leg, after: Leg): void {
  const { channel } = after;
  for (const part of before.parts) {
    if (!after.parts.includes(part)) countPart(draft, channel, part, -1);
  }
  for (const part of after.parts) {
    if (!before.parts.includes(part)) countPart(draft, channel, part, 1);
  }
  const deliveredBefore = legDeliveredAt(before);
  const deliveredAfter = legDeliveredAt(after);
  if (deliveredBefore === deliveredAfter) return;
  let { deliveredDays } = draft.channels[channel];
  if (deliveredBefore !== null) {
    deliveredDays = addToCount(deliveredDays, dayOf(deliveredBefore), -1);
  }
  if (deliveredAfter !== null) {
    deliveredDays = addToCount(deliveredDays, dayOf(deliveredAfter), 1);
  }
  draftChannel(draft, channel).deliveredDays = deliveredDays;
}
