import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

/** What is under too much pressure to take more work. */
export type Pressure = 'event_loop' | 'heap';

/** One look at the process. */
export type Strain = {
  /** 99th percentile of the event loop's delay since the last look, ms. */
  readonly loopDelayMs: number;
  /** Share of the heap limit in use, 0 to 1. */
  readonly heapShare: number;
};

export const LOOP_DELAY_MAX_MS = 200;
export const HEAP_SHARE_MAX = 0.85;
const LOOK_EVERY_MS = 500;
const LOOP_RESOLUTION_MS = 20;
/** One stall (a long collection, a paused machine) sheds nothing: the pressure must last. */
const LOOKS_BEFORE = 2;
/**
 * Shedding ends by itself for one look after this many: the heap counts garbage that only new work
 * makes the engine collect, so a process that sheds everything might do so for ever.
 */
const LOOKS_MAX = 4;

/**
 * Decides, look by look, whether to shed. Pure but for its own memory.
 *
 * @returns a function from a look to the pressure to shed for, or null
 */
export function createShedRule(): (strain: Strain) => Pressure | null {
  let strained = 0;
  return (strain) => {
    const pressure: Pressure | null =
      strain.heapShare > HEAP_SHARE_MAX
        ? 'heap'
        : strain.loopDelayMs > LOOP_DELAY_MAX_MS
          ? 'event_loop'
          : null;
    strained = pressure === null || strained >= LOOKS_BEFORE - 1 + LOOKS_MAX ? 0 : strained + 1;
    return strained >= LOOKS_BEFORE ? pressure : null;
  };
}

export type Shedding = {
  readonly pressure: () => Pressure | null;
  readonly stop: () => void;
};

/** Watches event loop and heap, and says whether new requests should be refused before reading them. */
export function watchPressure(): Shedding {
  const delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  const rule = createShedRule();
  let pressure: Pressure | null = null;
  delay.enable();
  const timer = setInterval(() => {
    const heap = getHeapStatistics();
    pressure = rule({
      loopDelayMs: delay.percentile(99) / 1e6,
      heapShare: heap.used_heap_size / heap.heap_size_limit,
    });
    delay.reset();
  }, LOOK_EVERY_MS);
  timer.unref();
  return {
    pressure: () => pressure,
    stop: () => {
      clearInterval(timer);
      delay.disable();
      // Nobody looks any more: what was seen last must not hold for all of a drain.
      pressure = null;
    },
  };
}
