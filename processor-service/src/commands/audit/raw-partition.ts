import type { MessageOutcome } from '@landed/schemas/events.gen';
import { maskAddresses } from '@landed/schemas/mask';
import { interpret } from '../../core/interpret.ts';
import type { LogRecord } from '../../log/partition-reader.ts';
import type { Decoded, RawDecoder } from '../../task/decode.ts';
import type { Reach } from './cut.ts';
import type { DeadLetterIndex } from './dead-letter-index.ts';
import { digestOf } from './digest.ts';
import type { OutcomeFeed } from './outcome-feed.ts';
import type { Promised } from './promises.ts';
import { differingFields } from './same-outcome.ts';
import type { Tally } from './tally.ts';

export type RawPartition = {
  readonly partition: number;
  readonly reach: Reach;
  /** Records of the raw topic from its first to its last stable one, page by page. */
  readonly pages: AsyncIterable<{ readonly records: readonly LogRecord[] }>;
  readonly decoder: RawDecoder;
  readonly outcomes: OutcomeFeed;
  readonly deadLetters: DeadLetterIndex;
  readonly promised: Promised;
  readonly hashAddress: (address: string) => string;
  readonly tally: Tally;
};

/** Outcomes that a second record of an event may have: its id was not remembered, on purpose. */
const MAY_REPEAT = new Set(['noisy', 'too_old']);

type RawEvent = Extract<Decoded, { kind: 'event' }>;
type At = { readonly clock: number; readonly isSeen: boolean; readonly at: number };

/** What the record must have led to, by the same core that scored it; null: a dead letter. */
function interpretAgain(
  deps: RawPartition,
  record: LogRecord,
  { raw, profileKey, body }: RawEvent,
  clock: number,
): MessageOutcome | null {
  const fate = interpret(
    { kind: raw.kind, body },
    {
      workspace: raw.workspace,
      eventId: raw.event_id,
      profileKey,
      receivedAt: raw.received_at,
      recordedAt: clock,
      hashAddress: deps.hashAddress,
      maskAddresses,
      rawPartition: deps.partition,
      rawOffset: record.offset,
    },
  );
  return fate.kind === 'ok' ? fate.value.outcome : null;
}

/** The outcome of a record, held against the record. */
function judgeOutcome(
  deps: RawPartition,
  record: LogRecord,
  event: RawEvent,
  found: readonly MessageOutcome[],
  { clock, isSeen, at }: At,
): void {
  const { tally } = deps;
  const id = event.raw.event_id;
  const where = 'outcomes';
  const [outcome] = found;
  if (outcome === undefined) return;
  tally.count('outcomes', at, found.length);
  if (found.length > 1) {
    const detail = `${found.length} outcomes of one raw record`;
    tally.find({ kind: 'doubled', where, id, detail }, at);
  } else if (isSeen && !MAY_REPEAT.has(outcome.effect)) {
    const detail = 'an outcome again, for an event that had one';
    tally.find({ kind: 'doubled', where, id, detail }, at);
  }
  const expected = interpretAgain(deps, record, event, clock);
  const { fields, isOtherRules } = differingFields(expected, outcome);
  if (isOtherRules) tally.extra('otherRules');
  if (fields.length > 0) {
    const detail = `not what its raw record says: ${fields.join(', ')}`;
    tally.find({ kind: 'different', where, id, detail }, at);
  }
}

/** An event without an outcome, whose first record may be older than what is kept. */
export type Suspect = {
  readonly workspace: string;
  readonly id: string;
  readonly detail: string;
  readonly at: number;
};

type Known = Omit<Suspect, 'detail'> & { readonly isSeen: boolean };

/** A record without an outcome: a repeat, a dead letter, or, as far as can be seen here, a loss. */
function judgeAbsence(deps: RawPartition, record: LogRecord, known: Known): Suspect | null {
  const { tally, deadLetters, partition } = deps;
  const reason = deadLetters.ofRaw(partition, record.offset);
  if (reason !== null) tally.count('dead', known.at);
  else if (known.isSeen) tally.count('duplicates', known.at);
  else {
    const detail = `raw ${partition}/${record.offset.toString()} has no outcome and no dead letter`;
    return { workspace: known.workspace, id: known.id, detail, at: known.at };
  }
  return null;
}

/** What every record is judged by: it grows with the log. */
type Memory = { readonly seen: Set<number>; readonly suspects: Suspect[]; clock: number };

type Named = { readonly workspace: string; readonly id: string; readonly at: number };

const nameOf = (record: LogRecord, decoded: Exclude<Decoded, { kind: 'tick' }>): Named =>
  decoded.kind === 'event'
    ? {
        workspace: decoded.raw.workspace,
        id: decoded.raw.event_id,
        at: decoded.raw.received_at,
      }
    : {
        workspace: decoded.rejection.workspace,
        id: decoded.rejection.eventId || 'unreadable',
        at: record.timestamp,
      };

function tellLedger(deps: RawPartition, decoded: Decoded): void {
  if (decoded.kind !== 'event' || decoded.raw.kind !== 'webhook') return;
  const { workspace, event_id: eventId, body_sha256: bodySha256 } = decoded.raw;
  deps.promised.sawRaw({ workspace, eventId, bodySha256, receivedAt: decoded.raw.received_at });
}

/** Judges one record that the score has committed. */
function judge(
  deps: RawPartition,
  memory: Memory,
  record: LogRecord,
  decoded: Exclude<Decoded, { kind: 'tick' }>,
  keptSince: number,
): void {
  const { tally } = deps;
  const { workspace, id, at } = nameOf(record, decoded);
  const key = decoded.kind === 'event' ? digestOf(decoded.profileKey, id) : null;
  const isSeen = key !== null && memory.seen.has(key);
  const found = deps.outcomes.take(record.offset);
  const isBeyond = record.timestamp < keptSince;
  if (key !== null && (found.length > 0 || isBeyond)) memory.seen.add(key);
  if (isBeyond) {
    tally.extra('beyondWindow');
    return;
  }
  tally.count('raw', at);
  if (found.length === 0) {
    const suspect = judgeAbsence(deps, record, { workspace, id, isSeen, at });
    if (suspect) memory.suspects.push(suspect);
  } else if (decoded.kind === 'event') {
    judgeOutcome(deps, record, decoded, found, { clock: memory.clock, isSeen, at });
  } else {
    const detail = 'an outcome of a record that cannot be read';
    tally.find({ kind: 'different', where: 'outcomes', id, detail }, at);
  }
}

/**
 * Holds every raw record that was committed against what it led to: exactly one outcome, as the core
 * reads it again today, or a dead letter, or nothing when its event was there before.
 *
 * @param keptSince records older than this are only remembered: what they led to may be gone, ms
 * @returns events that are lost, unless their first record is older than the raw topic
 */
export async function auditRawPartition(
  deps: RawPartition,
  keptSince: number,
): Promise<readonly Suspect[]> {
  const { tally, decoder, outcomes, reach } = deps;
  const memory: Memory = { seen: new Set(), suspects: [], clock: 0 };

  for await (const { records } of deps.pages) {
    const { outage, ready } = await decoder.prepare(records);
    if (ready < records.length && outage !== null) throw outage;
    const last = records.at(-1);
    if (last) await outcomes.readUpTo(last.offset);
    for (const record of records) {
      memory.clock = Math.max(memory.clock, record.timestamp);
      const decoded = decoder.decode(record);
      tellLedger(deps, decoded);
      if (decoded.kind === 'tick') tally.extra('ticks');
      else if (record.offset < reach.committed) judge(deps, memory, record, decoded, keptSince);
    }
  }

  for await (const outcome of outcomes.rest()) {
    const offset = BigInt(outcome.raw_offset);
    if (offset < reach.earliest || offset >= reach.committed) continue;
    const detail = `outcome of raw ${outcome.raw_partition}/${offset.toString()}, where no such event is`;
    tally.find({ kind: 'doubled', where: 'outcomes', id: outcome.event_id, detail });
  }
  return memory.suspects;
}
