import { brokerPaused } from './broker-paused.ts';
import { brokerStopped } from './broker-stopped.ts';
import { churn } from './churn.ts';
import { diskFull } from './disk-full.ts';
import type { Fault } from './fault.ts';
import { overload } from './overload.ts';
import { rolling } from './rolling.ts';
import { slowlorisBodies, slowlorisHeaders } from './slowloris.ts';

/** Every fault, in the order of `all`. */
export const FAULTS: readonly Fault[] = [
  slowlorisHeaders,
  slowlorisBodies,
  churn,
  overload,
  brokerStopped,
  brokerPaused,
  diskFull,
  rolling,
];
