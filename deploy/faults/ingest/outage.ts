import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../../local/stack/stack.ts';
import { between, refusals } from './attempts.ts';
import type { Fault, FaultOptions } from './fault.ts';
import { wallNow } from './good-sender.ts';
import { recoversSoon, refusesAtOnce } from './laws.ts';
import type { Suffered } from './laws.ts';
import { tryFault } from './trial.ts';

/** One way to lose the broker; resolves when it is back. */
export type Outage = {
  readonly what: string;
  readonly suffer: (stack: Stack, ms: number) => Promise<void>;
};

/** From here on the trouble is known: until then a call waits for its deadline, hoping. */
const KNOWN_AFTER_MS = 4_000;

/** A fault of the broker alone, in several ways and lengths one after the other. */
export function outageFault(
  name: string,
  about: string,
  waysOf: (options: FaultOptions) => readonly Outage[],
): Fault {
  return {
    name,
    about,
    run: async (context) => {
      const { options, tell } = context;
      const { stack } = await context.world();
      if (stack === null) return { skipped: 'the broker belongs to somebody else' };
      const suffered: Suffered[] = [];
      const outages = waysOf(options).flatMap((way) =>
        options.outagesMs.map((ms) => ({ ...way, ms })),
      );
      return tryFault(context, {
        act: async () => {
          for (const [at, { what, suffer, ms }] of outages.entries()) {
            if (at > 0) await sleep(options.afterMs);
            const label = `${what} ${ms / 1000} s`;
            tell(`${name}: ${label}`);
            const beganAt = wallNow();
            await suffer(stack, ms);
            suffered.push({ what: label, beganAt, endedAt: wallNow() });
          }
          return { figures: {} };
        },
        judge: ({ attempts }) => {
          const known = suffered.flatMap(({ beganAt, endedAt }) =>
            between(attempts, beganAt + KNOWN_AFTER_MS, endedAt),
          );
          return {
            laws: [
              ...suffered.map((one, at) => recoversSoon(attempts, one, suffered[at + 1]?.beganAt)),
              refusesAtOnce(known, `503 p99, from ${KNOWN_AFTER_MS / 1000} s into an outage`),
            ],
            figures: Object.fromEntries(
              suffered.map(({ what, beganAt, endedAt }) => [
                `${what}: away s, 503s`,
                `${((endedAt - beganAt) / 1000).toFixed(1)}, ${refusals(between(attempts, beganAt, endedAt)).length}`,
              ]),
            ),
          };
        },
      });
    },
  };
}
