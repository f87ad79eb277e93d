import { digest, digestOf } from './digest.ts';
import { readCalls } from './ledger.ts';
import type { Call } from './ledger.ts';
import type { Tally } from './tally.ts';

/** What was answered with 2xx, and what of it was found again. */
export type Promised = {
  /** A stored raw record was seen. */
  readonly sawRaw: (raw: {
    readonly workspace: string;
    readonly eventId: string;
    readonly bodySha256: string;
    readonly receivedAt: number;
  }) => void;
  /** A dead letter was seen. */
  readonly sawDeadLetter: (letter: {
    readonly workspace: string;
    readonly eventId: string;
    readonly sha256: string;
  }) => void;
  /** Reports what was promised and not found. */
  readonly settle: (tally: Tally) => void;
};

type Stored = { readonly call: Call; foundAt: number | null; isDead: boolean; differs: boolean };

/** Without a ledger nothing is known of what was promised. */
export const nothingPromised: Promised = {
  sawRaw: () => undefined,
  sawDeadLetter: () => undefined,
  settle: () => undefined,
};

/**
 * Reads a ledger. Events are known by their id, bodies without one by their hash.
 *
 * @param keptSince older acknowledgements are not looked for: retention may have taken them, ms
 */
export async function readPromised(path: string, keptSince: number): Promise<Promised> {
  const events = new Map<number, Stored>();
  const bodies = new Map<number, Stored>();
  const uncertain = new Set<number>();
  let beyond = 0;
  let notInLedger = 0;

  for await (const call of readCalls(path)) {
    const id = call.eventId === null ? null : digestOf(call.workspace, call.eventId);
    if (call.answered === null) {
      if (id !== null) uncertain.add(id);
    } else if (call.acknowledgedAt < keptSince) {
      beyond += 1;
    } else {
      const stored: Stored = { call, foundAt: null, isDead: false, differs: false };
      const isEvent = id !== null && call.answered === 'stored';
      const held = isEvent ? events : bodies;
      const key = isEvent ? id : digest(call.bodySha256);
      if (!held.has(key)) held.set(key, stored);
    }
  }

  return {
    sawRaw: ({ workspace, eventId, bodySha256, receivedAt }) => {
      const id = digestOf(workspace, eventId);
      const event = events.get(id);
      const body = bodies.get(digest(bodySha256));
      if (event) {
        event.foundAt ??= receivedAt;
        event.differs ||= event.call.bodySha256 !== bodySha256;
      } else if (!body && !uncertain.has(id)) notInLedger += 1;
      if (body?.call.answered === 'stored') body.foundAt ??= receivedAt;
    },
    sawDeadLetter: ({ workspace, eventId, sha256 }) => {
      const event = eventId === '' ? undefined : events.get(digestOf(workspace, eventId));
      const body = bodies.get(digest(sha256));
      if (event) event.isDead = true;
      if (body) body.isDead = true;
    },
    settle: (tally) => {
      tally.extra('beyondWindow', beyond);
      tally.extra('notInLedger', notInLedger);
      for (const { call, foundAt, isDead, differs } of [...events.values(), ...bodies.values()]) {
        const id = call.eventId ?? `body ${call.bodySha256.slice(0, 16)}`;
        const at = foundAt ?? call.acknowledgedAt;
        tally.count('acknowledged', at);
        if (foundAt === null && !isDead) {
          const detail = `acknowledged as ${call.answered ?? ''} and nowhere to be found`;
          tally.find({ kind: 'lost', where: 'raw', id, detail }, at);
        } else if (differs) {
          const detail = 'the stored body is not the one that was sent';
          tally.find({ kind: 'different', where: 'raw', id, detail }, at);
        }
      }
    },
  };
}
