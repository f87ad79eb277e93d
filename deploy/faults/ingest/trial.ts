import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bar } from '../../bench/bars.ts';
import { between, quantile, tally, tookMs } from './attempts.ts';
import { startChild } from '../../child.ts';
import type { FaultContext, Findings } from './fault.ts';
import type { FinishOrder } from './good-sender-child.ts';
import { wallNow } from './good-sender.ts';
import type { Attempt, SenderOrder, SenderReport } from './good-sender.ts';
import { startInstance } from './instance.ts';
import type { Instance, Vitals } from './instance.ts';
import {
  allAcknowledged,
  exitsInOrder,
  memoryWithin,
  nothingLost,
  onlyLawfulAnswers,
} from './laws.ts';
import type { World } from './world.ts';

/** The good sender, in its own process. */
export type RunningSender = {
  readonly finish: () => Promise<SenderReport>;
  readonly idPrefix: string;
  readonly stop: () => void;
};

const FINISH_MS = 30_000;

/** Starts the good sender at a port. */
export function startSender(world: World, port: number, rate: number): RunningSender {
  const child = startChild(new URL('./good-sender-child.ts', import.meta.url));
  const idPrefix = `good-${randomBytes(4).toString('hex')}-`;
  child.tell({ port, key: world.signingKey, rate, idPrefix } satisfies SenderOrder);
  return {
    idPrefix,
    stop: child.stop,
    finish: () => {
      const report = child.report<SenderReport>(FINISH_MS + 10_000);
      child.tell({ deadlineMs: FINISH_MS } satisfies FinishOrder);
      return report;
    },
  };
}

/** What a fault saw while it lasted. */
export type Seen = {
  readonly figures: Findings['figures'];
  readonly laws?: readonly Bar[];
  /** Event ids of its own that got a 2xx. */
  readonly acknowledged?: readonly string[];
};

/** What a fault does to the service. */
export type Act = (stage: { readonly world: World; readonly instance: Instance }) => Promise<Seen>;

/** What is known once the sender has ended. */
export type Trial = {
  readonly attempts: readonly Attempt[];
  readonly calm: readonly Attempt[];
  readonly during: readonly Attempt[];
};

export type TrialPlan = {
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of what the options say. */
  readonly calmMs?: number;
  readonly act: Act;
  /** Laws about what the good sender met. */
  readonly judge: (trial: Trial) => Findings;
};

const VITALS_EVERY_MS = 250;
const GROWTH_BYTES_MAX = 200e6;

/** Highest memory of a process until told to stop. */
function watchPeak(instance: Instance): { readonly stop: () => number } {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, instance.vitals().residentBytes);
  }, VITALS_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}

function commonFigures(
  { attempts, calm, during }: Trial,
  [before, after]: readonly [Vitals, Vitals],
  lastedMs: number,
  report: SenderReport,
): Findings['figures'] {
  const ms = (values: readonly Attempt[], share: number): string =>
    quantile(tookMs(values), share).toFixed(1);
  return {
    'calm p50, p99 ms': `${ms(calm, 0.5)}, ${ms(calm, 0.99)}`,
    'during p50, p99, max ms': `${ms(during, 0.5)}, ${ms(during, 0.99)}, ${ms(during, 1)}`,
    answers: [...tally(attempts)].map(([word, count]) => `${count} x ${word}`).join(', '),
    'fault s': (lastedMs / 1000).toFixed(1),
    'CPU of ingest during, cores': ((after.cpuMs - before.cpuMs) / lastedMs).toFixed(2),
    'RSS before, after MB': `${(before.residentBytes / 1e6).toFixed(0)}, ${(after.residentBytes / 1e6).toFixed(0)}`,
    'attempts held back': report.heldBack,
  };
}

/** Connections to Kafka may come and go by a few. */
const DESCRIPTORS_SPARE = 8;
const DESCRIPTORS_BACK_MS = 10_000;

/** Law: when all senders are gone, so are their descriptors. */
async function descriptorsBack(instance: Instance, before: number): Promise<Bar> {
  const now = (): number => instance.vitals().descriptors;
  const isBack = (): boolean => now() <= before + DESCRIPTORS_SPARE;
  const endsAt = performance.now() + DESCRIPTORS_BACK_MS;
  while (!isBack() && performance.now() < endsAt) await sleep(50);
  return {
    name: 'descriptors before and after the senders',
    asked: 'as before',
    measured: `${before}, ${now()}`,
    holds: isBack(),
  };
}

/**
 * One trial: a service, a good sender, calm, the fault, calm again; then every event that got a 2xx
 * is looked for in the raw topic.
 */
export async function tryFault(context: FaultContext, plan: TrialPlan): Promise<Findings> {
  const world = await context.world();
  const { rate, afterMs } = context.options;
  const { calmMs = context.options.calmMs } = plan;
  const instance = await startInstance(world, plan.env);
  const { descriptors } = instance.vitals();
  const sender = startSender(world, instance.port, rate);
  try {
    await sleep(calmMs);
    const beganAt = wallNow();
    const before = instance.vitals();
    const peak = watchPeak(instance);
    const seen = await plan.act({ world, instance });
    const endedAt = wallNow();
    const after = instance.vitals();
    await sleep(afterMs);
    const report = await sender.finish();
    const grown = peak.stop() - before.residentBytes;
    const { attempts } = report;
    const calm = between(attempts, beganAt - calmMs / 2, beganAt);
    const trial = { attempts, calm, during: between(attempts, beganAt, endedAt) };
    const judged = plan.judge(trial);
    const back = await descriptorsBack(instance, descriptors);
    const code = await instance.stop();
    const own = report.acknowledged.map((number) => `${sender.idPrefix}${number}`);
    const acknowledged = [...own, ...(seen.acknowledged ?? [])];
    return {
      laws: [
        onlyLawfulAnswers(attempts),
        nothingLost(acknowledged, await world.rawEventIds()),
        allAcknowledged(report),
        ...judged.laws,
        ...(seen.laws ?? []),
        memoryWithin(grown, GROWTH_BYTES_MAX, 'memory at most above the start'),
        back,
        exitsInOrder(code),
      ],
      figures: {
        ...commonFigures(trial, [before, after], endedAt - beganAt, report),
        ...judged.figures,
        ...seen.figures,
      },
    };
  } finally {
    sender.stop();
    await instance.stop();
  }
}
