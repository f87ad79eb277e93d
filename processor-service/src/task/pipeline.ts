import { OperationError } from '@landed/schemas/fate';
import type { LogRecord } from '../log/record-batch.ts';
import type { Decoded, RawDecoder } from './decode.ts';
import { foldEvent } from './fold-event.ts';
import type { FoldDeps } from './fold-event.ts';
import { fireDue } from './timers.ts';
import { openTurn } from './turn.ts';
import type { OpenTurn, Turn } from './turn.ts';

/** How much one transaction may hold. */
export type TurnLimits = {
  readonly recordsMax: number;
  readonly timersMax: number;
  readonly outputBytesMax: number;
};

export const TURN_LIMITS: TurnLimits = {
  recordsMax: 1_000,
  timersMax: 2_000,
  outputBytesMax: 8 * 1024 * 1024,
};

export type PipelineDeps = Omit<FoldDeps, 'isCareful'> & {
  readonly decoder: RawDecoder;
  readonly limits: TurnLimits;
};

export interface Pipeline {
  /**
   * Works out what one transaction will hold: as many raw records from the front as its limits allow.
   * Nothing is written anywhere; a turn that is not committed leaves no trace.
   *
   * @param records one partition's records in the order of the log, at least one
   * @param clock running maximum of the append times before them, ms
   * @throws OperationError, not retriable, when the state cannot be read
   */
  readonly run: (records: readonly LogRecord[], clock: number) => Promise<Turn>;
}

/** The story of the score role: decode, interpret, fold, view, compare, explain, write down. */
export function createPipeline(deps: PipelineDeps): Pipeline {
  const { decoder, limits } = deps;
  return {
    run: async (records, clock) => {
      const { ready, outage } = await decoder.prepare(records.slice(0, limits.recordsMax));
      const usable = records.slice(0, ready);
      const begin = (): OpenTurn => openTurn(deps, records, clock);
      try {
        return runTurn({ ...deps, isCareful: false }, begin(), usable, outage);
      } catch (error) {
        if (error instanceof OperationError) throw error;
        // The state of some event cannot be encoded: find the event, and set it aside.
        return runTurn({ ...deps, isCareful: true }, begin(), usable, outage);
      }
    },
  };
}

function runTurn(
  deps: PipelineDeps & { readonly isCareful: boolean },
  turn: OpenTurn,
  records: readonly LogRecord[],
  outage: OperationError | null,
): Turn {
  const { decoder, limits } = deps;
  for (const record of records) {
    if (turn.outputBytes() > limits.outputBytesMax) return turn.close(null);
    const decoded = decode(decoder, record);
    if (decoded.kind === 'outage') return turn.close(decoded.cause);
    // A tick has a transaction of its own: the timers it fires are read from the store.
    if (decoded.kind === 'tick' && !turn.isFresh()) return turn.close(null);
    turn.advanceClock(record.timestamp);
    if (decoded.kind === 'tick') {
      const { isDone } = fireDue(turn.dueDeps(record, limits.timersMax), turn.clock());
      if (isDone) turn.consume(record, 'tick');
      return turn.close(null);
    }
    if (decoded.kind === 'rejected') turn.reject(record, decoded.rejection);
    else foldEvent(deps, turn, record, decoded);
  }
  return turn.close(outage);
}

type Outage = { readonly kind: 'outage'; readonly cause: OperationError };

function decode(decoder: RawDecoder, record: LogRecord): Decoded | Outage {
  try {
    return decoder.decode(record);
  } catch (cause) {
    if (cause instanceof OperationError) return { kind: 'outage', cause };
    throw cause;
  }
}
