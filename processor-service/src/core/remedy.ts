import type { ChannelView, Reason, View } from '@landed/schemas/events.gen';
import { dayOf } from './clock.ts';
import { isChannel } from './event.ts';
import { weightAtAge } from './weights.ts';

const HALF_LIFE_TEXT = 'its weight halves every 30 days';

/** A durable flag holds on to the address, so only another one, or a person's word, lifts it. */
const DURABLE: ReadonlyMap<string, string> = new Map([
  ['hard_bounce', 'one message delivered to another address; else reinstate by hand'],
  ['complaint', 'reinstate by hand, with proof that the person asked for mail again'],
  ['esp_suppressed', 'taken off the list, one delivered message clears it; else reinstate by hand'],
]);

const PERSONAL: ReadonlyMap<string, string> = new Map([
  ['consent_off', 'the person opts in again'],
  ['probation', 'one delivered message ends it'],
  ['blocks', 'nothing to do for this person: the sender was refused, and the score is not touched'],
  ['cold', 'a click by a person, or activity on the site'],
  ['resend', 'the same message may be sent again once resend_after has passed'],
  ['graymail', 'a click by a person, or activity on the site'],
]);

function softBounces({ suppressed_until: until }: ChannelView): string {
  const ends = until === null ? '' : `; else ends by itself on ${until}`;
  return `one delivered message clears it${ends}`;
}

/**
 * What would take a reason away, in words; null where there is nothing to mend. Each sentence is
 * acted out by a test.
 */
export function remedyFor(
  { code, channel }: Pick<Reason, 'code' | 'channel'>,
  after: View,
): string | null {
  if (code === 'hard_bounce' && channel === 'push') {
    return 'one delivery to a new device; else reinstate by hand';
  }
  if (code === 'soft_failures') {
    return `one delivered message ends the streak; ${HALF_LIFE_TEXT}`;
  }
  if (code === 'soft_bounces' && channel !== null && isChannel(channel)) {
    return softBounces(after[channel]);
  }
  return DURABLE.get(code) ?? PERSONAL.get(code) ?? null;
}

/** How much of its weight a failing day still has, in percent; null without one. */
export function weightLeft(failedAt: number | null, today: number): number | null {
  if (failedAt === null) return null;
  return Math.round((100 * weightAtAge(Math.max(0, today - dayOf(failedAt)))) / weightAtAge(0));
}
