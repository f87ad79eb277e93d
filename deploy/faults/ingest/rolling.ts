import { waitUntil } from '../../local/stack/wait-until.ts';
import { quantile, refusals, tally, tookMs } from './attempts.ts';
import { startBalancer } from './balancer.ts';
import type { Balancer } from './balancer.ts';
import type { Fault, Findings } from './fault.ts';
import type { SenderReport } from './good-sender.ts';
import { instancePorts, startInstance } from './instance.ts';
import type { Instance, Ports } from './instance.ts';
import { allAcknowledged, nothingLost, onlyLawfulAnswers } from './laws.ts';
import { startSender } from './trial.ts';
import type { World } from './world.ts';

const READY_MS = 20_000;
/** Twice the time in which the balancer notices, and more. */
const ENV = { INGEST_DRAIN_MS: '600' };
const TELL_EVERY = 10;

type Restarts = { readonly codes: readonly number[]; readonly tookMs: readonly number[] };

const untilIn = (balancer: Balancer, target: Ports): Promise<void> =>
  waitUntil({
    what: 'an instance in the balancer',
    isDone: () => Promise.resolve(balancer.isIn(target)),
    deadlineMs: READY_MS,
    everyMs: 20,
  });

/** One after the other: SIGTERM, the end of its drain, started again, taken in again. */
async function restartInTurn(
  world: World,
  pair: Instance[],
  targets: readonly Ports[],
  balancer: Balancer,
  { count, tell }: { readonly count: number; readonly tell: (line: string) => void },
): Promise<Restarts> {
  const codes: number[] = [];
  const took: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const begin = performance.now();
    const slot = at % pair.length;
    const target = targets[slot];
    const old = pair[slot];
    if (!target || !old) throw new RangeError('there is no such instance');
    codes.push(await old.stop());
    pair[slot] = await startInstance(world, ENV, target);
    await untilIn(balancer, target);
    took.push(performance.now() - begin);
    if ((at + 1) % TELL_EVERY === 0) tell(`rolling: ${at + 1} of ${count} restarts`);
  }
  return { codes, tookMs: took };
}

function findingsOf(
  report: SenderReport,
  acknowledged: readonly string[],
  stored: ReadonlySet<string>,
  restarts: Restarts,
  balancer: Balancer,
): Findings {
  const { attempts } = report;
  const { connections, refused, reset, homeless } = balancer.counts();
  const unavailable = refusals(attempts).length;
  const failed = restarts.codes.filter((code) => code !== 0).length;
  const ms = (share: number): string => quantile(tookMs(attempts), share).toFixed(1);
  const none = (name: string, found: number, of: number): Findings['laws'][number] => ({
    name,
    asked: '0',
    measured: `${found} of ${of}`,
    holds: found === 0,
  });
  return {
    laws: [
      onlyLawfulAnswers(attempts),
      none('503s', unavailable, attempts.length),
      none(
        'connections refused, reset or without an instance',
        refused + reset + homeless,
        connections,
      ),
      none('restarts that did not end with exit code 0', failed, restarts.codes.length),
      nothingLost(acknowledged, stored),
      allAcknowledged(report),
    ],
    figures: {
      restarts: restarts.codes.length,
      'calls a second': ((report.events * 1000) / spanMs(report)).toFixed(0),
      'p50, p99, max ms': `${ms(0.5)}, ${ms(0.99)}, ${ms(1)}`,
      answers: [...tally(attempts)].map(([word, count]) => `${count} x ${word}`).join(', '),
      'one restart, p50 and max s': [0.5, 1]
        .map((share) => (quantile(restarts.tookMs, share) / 1000).toFixed(1))
        .join(', '),
      connections,
    },
  };
}

function spanMs({ attempts }: SenderReport): number {
  const times = attempts.map(({ dueAt }) => dueAt);
  return quantile(times, 1) - times.reduce((least, at) => Math.min(least, at), Infinity);
}

export const rolling: Fault = {
  name: 'rolling',
  about: 'a pair behind a TCP balancer, restarted in turn under load',
  run: async ({ options, tell, world: open }) => {
    const world = await open();
    const targets = [await instancePorts(), await instancePorts()];
    const pair: Instance[] = [];
    let balancer: Balancer | null = null;
    let stopSender = (): void => undefined;
    try {
      for (const target of targets) pair.push(await startInstance(world, ENV, target));
      balancer = await startBalancer(targets);
      for (const target of targets) await untilIn(balancer, target);
      const sender = startSender(world, balancer.port, options.rollingRate);
      stopSender = sender.stop;
      tell(`rolling: ${options.restarts} restarts at ${options.rollingRate} calls a second`);
      const restarts = await restartInTurn(world, pair, targets, balancer, {
        count: options.restarts,
        tell,
      });
      const report = await sender.finish();
      const acknowledged = report.acknowledged.map((number) => `${sender.idPrefix}${number}`);
      const stored = await world.rawEventIds();
      return findingsOf(report, acknowledged, stored, restarts, balancer);
    } finally {
      stopSender();
      balancer?.close();
      await Promise.all(pair.map((instance) => instance.stop()));
    }
  },
};
