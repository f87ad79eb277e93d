import type { CoreEvent } from '../../src/core/event.ts';
import { DAY, HOUR, START } from './histories.ts';

let count = 0;

/** An event of its own at noon, so many days after the start: of mail to one address, if not said otherwise. */
export function at(days: number, metric: string, parts: Partial<CoreEvent> = {}): CoreEvent {
  count += 1;
  const ts = START + days * DAY + 12 * HOUR;
  return {
    eventId: `e${count}`,
    ts,
    receivedAt: ts,
    channel: 'email',
    metric,
    order: null,
    deliveryId: `m${count}`,
    targets: [{ to: 'a', failure: null }],
    isMachine: false,
    consents: [],
    identifiers: null,
    ...parts,
  };
}
