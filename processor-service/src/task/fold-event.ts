import type { Cause, MessageOutcome, ScoreChange } from '@landed/schemas/events.gen';
import { OperationError } from '@landed/schemas/fate';
import type { Fate } from '@landed/schemas/fate';
import { maskAddresses } from '@landed/schemas/mask';
import type { Sealer } from '@landed/schemas/seal';
import { fold, outcomeEffect } from '../core/fold.ts';
import type { FoldResult } from '../core/fold.ts';
import { interpret } from '../core/interpret.ts';
import type { Interpreted } from '../core/interpret.ts';
import { deliveryOf } from '../core/person.ts';
import type { LogRecord } from '../log/record-batch.ts';
import type { Rejection } from './dead-letter.ts';
import type { Decoded } from './decode.ts';
import type { KnownPerson } from './known-person.ts';
import { deliveryRecord, profileRecord } from './known-person.ts';
import { lookAt, timerCause } from './look.ts';
import { fireTimers } from './timers.ts';
import type { Fated, OpenTurn, TurnDeps } from './turn.ts';

export type FoldDeps = TurnDeps & {
  readonly sealer: Pick<Sealer, 'seal'>;
  readonly hashAddress: (address: string) => string;
  /** Encode each event's state at once: asked for when a turn's state could not be encoded. */
  readonly isCareful: boolean;
};

type DecodedEvent = Extract<Decoded, { kind: 'event' }>;

/** What an event does, worked out whole before anything of it is kept. */
type Effects = {
  readonly fate: Fated;
  readonly outcome: Buffer | null;
  readonly change: ScoreChange | null;
  /** Null when the person's state is as it was. */
  readonly known: KnownPerson | null;
  readonly deliveryIds: readonly string[];
};

const NOTHING: Omit<Effects, 'fate'> = {
  outcome: null,
  change: null,
  known: null,
  deliveryIds: [],
};

function interpretEvent(
  deps: FoldDeps,
  decoded: DecodedEvent,
  record: LogRecord,
  clock: number,
): Fate<Interpreted> {
  const { raw, profileKey, body } = decoded;
  return interpret(
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
}

function causeOf(kind: string, outcome: MessageOutcome): Cause {
  return {
    kind: kind === 'command' ? 'command' : 'event',
    event_id: outcome.event_id,
    metric: outcome.metric,
    channel: outcome.channel === '' ? null : outcome.channel,
    delivery_id: outcome.delivery_id,
    occurred_at: outcome.occurred_at,
    raw_partition: outcome.raw_partition,
    raw_offset: outcome.raw_offset,
  };
}

function changedPerson(
  deps: FoldDeps,
  before: KnownPerson,
  folded: FoldResult,
  emailAddress: string | null,
  clock: number,
): KnownPerson {
  const seal = (address: string): Buffer => deps.sealer.seal(Buffer.from(address));
  const sealedAddress = folded.currentEmailMoved
    ? emailAddress === null
      ? null
      : seal(emailAddress)
    : before.sealedAddress;
  return { ...before, person: folded.person, updatedAt: clock, sealedAddress };
}

/** Encodes the state once, so that a state that cannot be written is found while its event is known. */
function assertWritable(
  deps: FoldDeps,
  key: string,
  known: KnownPerson,
  ids: readonly string[],
): void {
  deps.codec.writeProfile(profileRecord(key, known, deps.codec.hashKey));
  for (const id of ids) {
    const delivery = deliveryOf(known.person, id);
    if (delivery) deps.codec.writeDelivery(deliveryRecord(key, delivery, known.updatedAt));
  }
}

function effectsOf(
  deps: FoldDeps,
  decoded: DecodedEvent,
  { outcome, event, emailAddress }: Interpreted,
  before: KnownPerson,
  clock: number,
): Effects {
  const folded = fold(before.person, event);
  if (folded.effect === 'duplicate') return { ...NOTHING, fate: 'duplicate' };
  const fate = folded.noisy ? 'noisy' : folded.effect;
  const bytes = deps.codec.writeOutcome({ ...outcome, effect: outcomeEffect(folded) });
  if (folded.effect === 'too_old') return { ...NOTHING, fate, outcome: bytes };
  const { profileKey } = decoded;
  const changed = changedPerson(deps, before, folded, emailAddress, clock);
  const cause = causeOf(decoded.raw.kind, outcome);
  const { known, change } = lookAt(changed, profileKey, clock, cause, deps.scoreStep);
  const deliveryIds = [...folded.changed, ...folded.removed];
  if (deps.isCareful) assertWritable(deps, profileKey, known, folded.changed);
  return { fate, outcome: bytes, change, known, deliveryIds };
}

/**
 * Folds one event into its turn: first the person's timers up to the clock, then the event itself. An
 * exception in the core makes it a dead letter and leaves the person as they were.
 */
export function foldEvent(
  deps: FoldDeps,
  turn: OpenTurn,
  record: LogRecord,
  decoded: DecodedEvent,
): void {
  const { profileKey, raw } = decoded;
  const clock = turn.clock();
  const reject = (reason: Rejection['reason'], detail: string): void =>
    turn.reject(record, { reason, detail, workspace: raw.workspace, eventId: raw.event_id });
  const held = turn.overlay.get(profileKey);
  try {
    const cause = timerCause(deps.partition, record.offset);
    const fired = fireTimers(held, profileKey, clock, cause, deps.scoreStep);
    const interpreted = interpretEvent(deps, decoded, record, clock);
    const effects =
      interpreted.kind === 'ok'
        ? effectsOf(deps, decoded, interpreted.value, fired.known, clock)
        : { ...NOTHING, fate: 'none' as const };

    for (const change of fired.changes) turn.emitChange(profileKey, change);
    turn.countTimers(fired.count);
    if (fired.count > 0) turn.overlay.put(profileKey, fired.known, []);
    if (interpreted.kind === 'dead-letter') {
      reject(interpreted.reason, interpreted.detail);
      return;
    }
    if (effects.outcome !== null) {
      const { topics, partition } = deps;
      const value = effects.outcome;
      turn.emit({ topic: topics.outcomes, partition, key: profileKey, value });
      if (interpreted.kind === 'ok') turn.countFailure(interpreted.value.outcome);
    }
    if (effects.change !== null) turn.emitChange(profileKey, effects.change);
    if (effects.known !== null) turn.overlay.put(profileKey, effects.known, effects.deliveryIds);
    turn.consume(record, effects.fate);
  } catch (error) {
    if (error instanceof OperationError) throw error;
    deps.onCoreError(error, record);
    reject('core_error', `${error instanceof Error ? error.name : 'error'} in the core`);
  }
}
