import type { Bar } from '../../bench/bars.ts';
import type { World } from './world.ts';

export type StopSignal = 'SIGTERM' | 'SIGKILL';

/** How hard the faults are. Each reads what concerns it. */
export type FaultOptions = {
  /** Calls a second of the good sender. */
  readonly rate: number;
  /** Connections of a slow attack, and how long it lasts. */
  readonly slowConnections: number;
  readonly slowMs: number;
  /** Connections opened and closed. */
  readonly churn: number;
  readonly overloadMs: number;
  /** Times the measured capacity. */
  readonly overloadTimes: number;
  readonly overloadConnections: number;
  /** Service without a fault, before it and after it. */
  readonly calmMs: number;
  readonly afterMs: number;
  /** How the broker is stopped, and the lengths of its outages. */
  readonly stopSignals: readonly StopSignal[];
  readonly outagesMs: readonly number[];
  readonly restarts: number;
  readonly rollingRate: number;
};

/** One line to standard error, or nothing. */
export type Tell = (line: string) => void;

export type FaultContext = {
  readonly options: FaultOptions;
  readonly tell: Tell;
  /** A broker with topics and schemas; the same one each time it is asked. */
  readonly world: () => Promise<World>;
};

/** What a fault showed: laws that must hold, and figures beside them. */
export type Findings = {
  readonly laws: readonly Bar[];
  readonly figures: Readonly<Record<string, string | number>>;
};

/** Or why it could not be tried here. */
export type Outcome = Findings | { readonly skipped: string };

export type Fault = {
  readonly name: string;
  readonly about: string;
  readonly run: (context: FaultContext) => Promise<Outcome>;
};
