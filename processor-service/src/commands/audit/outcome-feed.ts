import type { MessageOutcome } from '@landed/schemas/events.gen';

/** Outcomes of one partition beside its raw records: both are in the order of the raw log. */
export type OutcomeFeed = {
  /** Reads on until every outcome of raw records up to this offset was read. */
  readonly readUpTo: (rawOffset: bigint) => Promise<void>;
  /** The outcomes of a raw record; each is handed out once. */
  readonly take: (rawOffset: bigint) => readonly MessageOutcome[];
  /** Outcomes that were not taken, those not read yet too. */
  readonly rest: () => AsyncGenerator<MessageOutcome, void, void>;
};

const NONE: readonly MessageOutcome[] = [];

/**
 * Only what was read and not yet taken is held: about a page, as long as the order holds.
 *
 * @param pages outcomes in the order of their topic
 */
export function createOutcomeFeed(
  pages: AsyncGenerator<readonly MessageOutcome[], void, void>,
): OutcomeFeed {
  const held = new Map<number, MessageOutcome[]>();
  let readTo = -1;
  let isEnded = false;

  const readPage = async (): Promise<void> => {
    const page = await pages.next();
    if (page.done === true) {
      isEnded = true;
      return;
    }
    for (const outcome of page.value) {
      const same = held.get(outcome.raw_offset);
      if (same) same.push(outcome);
      else held.set(outcome.raw_offset, [outcome]);
      readTo = Math.max(readTo, outcome.raw_offset);
    }
  };

  return {
    readUpTo: async (rawOffset) => {
      while (!isEnded && readTo <= Number(rawOffset)) await readPage();
    },
    take: (rawOffset) => {
      const found = held.get(Number(rawOffset));
      held.delete(Number(rawOffset));
      return found ?? NONE;
    },
    rest: async function* () {
      while (!isEnded) {
        for (const outcomes of held.values()) yield* outcomes;
        held.clear();
        await readPage();
      }
      for (const outcomes of held.values()) yield* outcomes;
    },
  };
}
