import { setTimeout as sleep } from 'node:timers/promises';
import type { Bar } from '../../bench/bars.ts';
import { quantile, tookMs } from './attempts.ts';
import type { Fault } from './fault.ts';
import { ATTACK_ADDRESSES, startSlowClient } from './slow-client.ts';
import type { SlowEnd } from './slow-client.ts';
import { tryFault } from './trial.ts';

/** Long enough for a p99 to compare with. */
const SLOW_CALM_MS = 12_000;
const P99_TIMES_MAX = 2;
/** Below this a doubled p99 is the noise of one machine, not the work of the attack. */
const P99_FLOOR_MS = 20;
/** Headers have 3 s, a request 5 s, and the service looks each half second. */
const CLOSED_MS = 7_000;
const CLOSED_SHARE = 0.99;

type Slowness = { readonly start: string; readonly drip: string; readonly everyMs: number };

const HEAD = 'POST /v1/webhooks/customerio/reporting HTTP/1.1\r\nHost: landed.example\r\n';
const FAKE_SIGNATURE = `X-CIO-Timestamp: 1\r\nX-CIO-Signature: ${'0'.repeat(64)}\r\n`;

const SLOW_HEADERS: Slowness = { start: HEAD, drip: 'X-A: b\r\n', everyMs: 900 };
const SLOW_BODIES: Slowness = {
  start: `${HEAD}${FAKE_SIGNATURE}Content-Length: 4096\r\n\r\n{`,
  drip: ' ',
  everyMs: 900,
};

function closedLaw(ends: readonly SlowEnd[]): Bar {
  const times = ends.flatMap(({ closedAfterMs }) =>
    closedAfterMs === null ? [] : [closedAfterMs],
  );
  const share = times.filter((ms) => ms <= CLOSED_MS).length / ends.length;
  const [p50, max] = [0.5, 1].map((each) => (quantile(times, each) / 1000).toFixed(1));
  return {
    name: 'slow connections closed by the service',
    asked: `${CLOSED_SHARE * 100} % in ${CLOSED_MS / 1000} s`,
    measured: `${times.length} of ${ends.length}; p50 ${p50} s, max ${max} s`,
    holds: share >= CLOSED_SHARE,
  };
}

function slownessLaw(calm: readonly number[], during: readonly number[]): Bar {
  const [before, while_] = [calm, during].map((each) => quantile(each, 0.99));
  const times = (while_ ?? NaN) / (before ?? NaN);
  return {
    name: 'p99 of the good sender, times the calm one',
    asked: `${P99_TIMES_MAX}, or ${P99_FLOOR_MS} ms`,
    measured: `${times.toFixed(2)} (${while_?.toFixed(1)} ms)`,
    holds: times < P99_TIMES_MAX || (while_ ?? Infinity) <= P99_FLOOR_MS,
  };
}

function slowFault(name: string, about: string, slowness: Slowness): Fault {
  return {
    name,
    about,
    run: (context) => {
      const { slowConnections, slowMs } = context.options;
      return tryFault(context, {
        calmMs: Math.min(SLOW_CALM_MS, slowMs),
        act: async ({ instance }) => {
          context.tell(`${name}: ${slowConnections} connections for ${slowMs / 1000} s`);
          const clients = Array.from({ length: slowConnections }, (_, at) =>
            startSlowClient({
              port: instance.port,
              localAddress: ATTACK_ADDRESSES[at % ATTACK_ADDRESSES.length] ?? '',
              ...slowness,
            }),
          );
          await sleep(slowMs);
          const ends = clients.map((client) => client.end());
          return { laws: [closedLaw(ends)], figures: {} };
        },
        judge: ({ calm, during }) => ({
          laws: [slownessLaw(tookMs(calm), tookMs(during))],
          figures: {},
        }),
      });
    },
  };
}

export const slowlorisHeaders = slowFault(
  'slowloris-headers',
  'many connections that never end their headers',
  SLOW_HEADERS,
);

export const slowlorisBodies = slowFault(
  'slowloris-bodies',
  'many connections that never end their bodies',
  SLOW_BODIES,
);
