import type { MessageOutcome, ScoreChange } from '@landed/schemas/events.gen';
import type { OperationError } from '@landed/schemas/fate';
import type { LogRecord } from '../log/record-batch.ts';
import { deadLetter } from './dead-letter.ts';
import type { DeadLetterPlace, Rejection } from './dead-letter.ts';
import type { KnownPerson } from './known-person.ts';
import { lookAt, timerCause } from './look.ts';
import type { Looked } from './look.ts';
import { createOverlay } from './overlay.ts';
import type { Overlay, StateCodec } from './overlay.ts';
import type { OutputRecord } from './output.ts';
import type { Store, StoreWrites, Timer } from './store/store.ts';
import type { DueDeps } from './timers.ts';

/** What became of a raw record, for the metric. A dead letter counts under its reason. */
export type Fated = 'applied' | 'none' | 'noisy' | 'duplicate' | 'too_old' | 'tick' | 'dead_letter';

export type Tally = {
  /** Raw records by `outcome/reason`. */
  readonly records: ReadonlyMap<string, number>;
  readonly scoreChanges: number;
  readonly timers: number;
  /** Failures of new events, by `mailbox provider/class`; `none` where no mailbox is known. */
  readonly failures: ReadonlyMap<string, number>;
};

/** All that one transaction will hold, and where the log goes on after it. */
export type Turn = {
  /** Raw records from the front that are done with. */
  readonly consumed: number;
  readonly nextOffset: bigint;
  readonly clock: number;
  /** Outcomes, score changes and dead letters in the order of the log, then the state records. */
  readonly outputs: readonly OutputRecord[];
  readonly writes: StoreWrites;
  readonly tally: Tally;
  /** What the record at `nextOffset` waits for, if it cannot be used yet. */
  readonly outage: OperationError | null;
};

export type OutputCodec = StateCodec & {
  readonly writeOutcome: (value: MessageOutcome) => Buffer;
  readonly writeScoreChange: (value: ScoreChange) => Buffer;
};

export type TurnTopics = {
  readonly outcomes: string;
  readonly scoreChanges: string;
  readonly profiles: string;
  readonly deliveries: string;
};

export type TurnDeps = {
  readonly store: Pick<Store, 'profile' | 'deliveries' | 'timersUntil'>;
  readonly codec: OutputCodec;
  readonly topics: TurnTopics;
  readonly deadLetters: DeadLetterPlace;
  readonly partition: number;
  readonly scoreStep: number;
  /** Told of an exception in the core: it is a defect, whatever the record was. */
  readonly onCoreError: (error: unknown, at: { readonly offset: bigint }) => void;
};

type FailureFields = Pick<
  MessageOutcome,
  'mailbox_provider' | 'failure_provider' | 'failure_class'
>;

/** A turn while it is being worked out. */
export interface OpenTurn {
  readonly overlay: Overlay;
  readonly clock: () => number;
  readonly advanceClock: (timestamp: number) => void;
  readonly isFresh: () => boolean;
  readonly outputBytes: () => number;
  readonly emit: (record: OutputRecord) => void;
  readonly emitChange: (profileKey: string, change: ScoreChange) => void;
  readonly countTimers: (count: number) => void;
  readonly countFailure: (outcome: FailureFields) => void;
  readonly consume: (record: LogRecord, fate: Fated, reason?: string) => void;
  readonly reject: (record: LogRecord, rejection: Rejection) => void;
  readonly dueDeps: (tick: LogRecord, timersMax: number) => DueDeps;
  readonly close: (outage: OperationError | null) => Turn;
}

function lookAtTimer(deps: TurnDeps, known: KnownPerson, timer: Timer, tick: LogRecord): Looked {
  try {
    const cause = timerCause(deps.partition, tick.offset);
    return lookAt(known, timer.key, timer.at, cause, deps.scoreStep);
  } catch (error) {
    // No record is at fault, so there is nothing to set aside: the next event sets a new timer.
    deps.onCoreError(error, tick);
    return { known: { ...known, timerAt: null }, change: null };
  }
}

/** Who refused a message and how. Of a domain of somebody's own the text may say who hosts it. */
function failureLabel(outcome: FailureFields): string | null {
  const { mailbox_provider: mailbox, failure_provider: told, failure_class: cls } = outcome;
  if (cls === null) return null;
  const provider = mailbox === 'other' ? (told ?? mailbox) : (mailbox ?? 'none');
  return `${provider}/${cls}`;
}

function countIn(counts: Map<string, number>, label: string): void {
  counts.set(label, (counts.get(label) ?? 0) + 1);
}

/** Begins a turn at the first of the records. */
export function openTurn(deps: TurnDeps, records: readonly LogRecord[], clock: number): OpenTurn {
  const { codec, topics, partition } = deps;
  const overlay = createOverlay({ store: deps.store, codec, partition, topics });
  const outputs: OutputRecord[] = [];
  const fates = new Map<string, number>();
  const failures = new Map<string, number>();
  let bytes = 0;
  let now = clock;
  let consumed = 0;
  let scoreChanges = 0;
  let timers = 0;
  let nextOffset = records[0]?.offset ?? 0n;

  const emit = (record: OutputRecord): void => {
    outputs.push(record);
    bytes += record.value?.length ?? 0;
  };
  const consume: OpenTurn['consume'] = (record, fate, reason = '') => {
    countIn(fates, `${fate}/${reason}`);
    consumed++;
    nextOffset = record.offset + 1n;
  };
  const emitChange = (profileKey: string, change: ScoreChange): void => {
    const value = codec.writeScoreChange(change);
    emit({ topic: topics.scoreChanges, partition, key: profileKey, value });
    scoreChanges++;
  };
  const fire = (known: KnownPerson, timer: Timer, tick: LogRecord): KnownPerson => {
    const looked = lookAtTimer(deps, known, timer, tick);
    if (looked.change !== null) emitChange(timer.key, looked.change);
    timers++;
    return looked.known;
  };

  return {
    overlay,
    clock: () => now,
    advanceClock: (timestamp) => void (now = Math.max(now, timestamp)),
    isFresh: () => consumed === 0 && outputs.length === 0,
    outputBytes: () => bytes,
    emit,
    emitChange,
    countFailure: (outcome) => {
      const label = failureLabel(outcome);
      if (label !== null) countIn(failures, label);
    },
    countTimers: (count) => void (timers += count),
    consume,
    reject: (record, rejection) => {
      emit(deadLetter(record, rejection, deps.deadLetters));
      consume(record, 'dead_letter', rejection.reason);
    },
    dueDeps: (tick, timersMax) => ({
      store: deps.store,
      overlay,
      timersMax,
      fire: (known, timer) => fire(known, timer, tick),
    }),
    close: (outage) => {
      const state = overlay.output();
      return {
        consumed,
        nextOffset,
        clock: now,
        outputs: [...outputs, ...state.records],
        writes: state.writes,
        tally: { records: fates, scoreChanges, timers, failures },
        outage,
      };
    },
  };
}
