import { randomBytes } from 'node:crypto';
import type { Bar } from '../../bench/bars.ts';
import { quantile } from './attempts.ts';
import { startChild } from '../../child.ts';
import type { Fault } from './fault.ts';
import type { FloodOrder, FloodReport } from './flood.ts';
import { wallNow } from './good-sender.ts';
import type { Instance } from './instance.ts';
import { recoversSoon } from './laws.ts';
import { tryFault } from './trial.ts';
import type { World } from './world.ts';

const WARM_UP_MS = 3_000;
const CAPACITY_MS = 6_000;
const CAPACITY_CONNECTIONS = 512;
const GOODPUT_MIN = 0.9;
const SHED_MS = 50;
const REPORT_MS = 20_000;

type Load = Omit<FloodOrder, 'port' | 'key' | 'idPrefix' | 'warmUpMs'>;
type Flooded = FloodReport & { readonly ids: readonly string[] };

/** One flood, by a process of its own. */
async function flood(world: World, { port }: Instance, load: Load): Promise<Flooded> {
  const idPrefix = `flood-${randomBytes(4).toString('hex')}-`;
  const child = startChild(new URL('./flood.ts', import.meta.url));
  const wholeMs = load.durationMs + WARM_UP_MS;
  const order = { port, key: world.signingKey, idPrefix, warmUpMs: WARM_UP_MS, ...load };
  try {
    const reported = child.report<FloodReport>(wholeMs + REPORT_MS);
    child.tell(order satisfies FloodOrder);
    const report = await reported;
    return { ...report, ids: Array.from(report.acknowledged, (number) => `${idPrefix}${number}`) };
  } finally {
    child.stop();
  }
}

const perSecond = ({ stored }: FloodReport, ms: number): number => (stored * 1000) / ms;

function floodLaws(capacity: number, goodput: number, report: FloodReport): readonly Bar[] {
  const { stored, unavailable, others, unavailableMs } = report;
  const p99 = quantile([...unavailableMs], 0.99);
  return [
    {
      name: 'flood: answers other than 200 and 503',
      asked: '0',
      measured: `${others} of ${stored + unavailable + others}`,
      holds: others === 0,
    },
    {
      name: 'goodput, % of the capacity',
      asked: `${GOODPUT_MIN * 100} %`,
      measured: `${((goodput / capacity) * 100).toFixed(0)} %`,
      holds: goodput >= capacity * GOODPUT_MIN,
    },
    {
      name: 'flood: 503 p99',
      asked: `${SHED_MS} ms`,
      measured: unavailable === 0 ? 'none' : `${p99.toFixed(1)} ms of ${unavailable}`,
      holds: unavailable === 0 || p99 <= SHED_MS,
    },
  ];
}

export const overload: Fault = {
  name: 'overload',
  about: 'several times as many calls as the service can store',
  run: (context) => {
    const { overloadMs, overloadTimes, overloadConnections } = context.options;
    let floodedAt = { what: 'overload', beganAt: 0, endedAt: 0 };
    return tryFault(context, {
      act: async ({ world, instance }) => {
        const calm = { connections: CAPACITY_CONNECTIONS, durationMs: CAPACITY_MS, rate: 0 };
        const most = await flood(world, instance, calm);
        const capacity = perSecond(most, CAPACITY_MS);
        const rate = Math.round(capacity * overloadTimes);
        context.tell(`overload: capacity ${capacity.toFixed(0)}/s, now ${rate}/s`);
        const beganAt = wallNow();
        const load = { connections: overloadConnections, durationMs: overloadMs, rate };
        const over = await flood(world, instance, load);
        floodedAt = { what: 'overload', beganAt, endedAt: wallNow() };
        const goodput = perSecond(over, overloadMs);
        const answered = ((over.stored + over.unavailable) * 1000) / overloadMs;
        return {
          acknowledged: [...most.ids, ...over.ids],
          laws: floodLaws(capacity, goodput, over),
          figures: {
            'capacity, goodput calls/s': `${capacity.toFixed(0)}, ${goodput.toFixed(0)}`,
            'asked, answered calls/s': `${rate}, ${answered.toFixed(0)}`,
            'due, not sent: every connection was busy': over.unsent,
            'overload connections': overloadConnections,
            'flood 200 p50, p99 ms': [0.5, 0.99]
              .map((share) => quantile([...over.storedMs], share).toFixed(1))
              .join(', '),
          },
        };
      },
      judge: ({ attempts }) => ({ laws: [recoversSoon(attempts, floodedAt)], figures: {} }),
    });
  },
};
