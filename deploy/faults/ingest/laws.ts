import type { Bar } from '../../bench/bars.ts';
import { quantile, recovery, refusals, tally, tookMs, unlawful } from './attempts.ts';
import type { Attempt, SenderReport } from './good-sender.ts';

/** Law: a good sender meets 200 and 503, nothing else. */
export function onlyLawfulAnswers(attempts: readonly Attempt[]): Bar {
  const others = unlawful(attempts);
  const words = [...tally(others)].map(([word, count]) => `${count} ${word}`).join(', ');
  return {
    name: 'answers other than 200 and 503',
    asked: '0',
    measured: words === '' ? `0 of ${attempts.length}` : words,
    holds: others.length === 0 && attempts.length > 0,
  };
}

/** Law: what got a 2xx stands in the raw topic. */
export function nothingLost(
  acknowledged: readonly string[],
  stored: ReadonlySet<string>,
  name = 'acknowledged, not in the raw topic',
): Bar {
  const lost = acknowledged.filter((id) => !stored.has(id)).length;
  return {
    name,
    asked: '0',
    measured: `${lost} of ${acknowledged.length}`,
    holds: lost === 0 && acknowledged.length > 0,
  };
}

/** Law: repeating as the real sender does brings every event in. */
export function allAcknowledged({ events, acknowledged }: SenderReport): Bar {
  const left = events - acknowledged.length;
  return {
    name: 'events never acknowledged',
    asked: '0',
    measured: `${left} of ${events}`,
    holds: left === 0,
  };
}

const RECOVERY_MS = 10_000;
const seconds = (ms: number | null): string =>
  ms === null ? 'never' : `${(ms / 1000).toFixed(1)} s`;

/** A fault as it lay in time, wall clock, ms. */
export type Suffered = {
  readonly what: string;
  readonly beganAt: number;
  readonly endedAt: number;
};

/** Law: a fault that has ended is over soon. */
export function recoversSoon(
  attempts: readonly Attempt[],
  { what, endedAt }: Suffered,
  untilAt?: number,
): Bar {
  const { firstMs, steadyMs } = recovery(attempts, endedAt, untilAt);
  return {
    name: `${what}: first 200; only 200s`,
    asked: `${RECOVERY_MS / 1000} s`,
    measured: `${seconds(firstMs)}; ${seconds(steadyMs)}`,
    holds: firstMs !== null && steadyMs !== null && Math.max(firstMs, steadyMs) <= RECOVERY_MS,
  };
}

const SHED_MS = 50;

/** Law: a refusal is told at once. */
export function refusesAtOnce(attempts: readonly Attempt[], name: string): Bar {
  const times = tookMs(refusals(attempts));
  const p99 = quantile(times, 0.99);
  return {
    name,
    asked: `${SHED_MS} ms`,
    measured: times.length === 0 ? 'none' : `${p99.toFixed(1)} ms of ${times.length}`,
    holds: times.length === 0 || p99 <= SHED_MS,
  };
}

const MB = 1e6;

/** Law: memory does not run away. */
export function memoryWithin(grownBytes: number, maxBytes: number, name = 'memory growth'): Bar {
  return {
    name,
    asked: `${maxBytes / MB} MB`,
    measured: `${(grownBytes / MB).toFixed(1)} MB`,
    holds: grownBytes <= maxBytes,
  };
}

/** Law: SIGTERM ends it in order. */
export const exitsInOrder = (code: number): Bar => ({
  name: 'exit code after SIGTERM',
  asked: '0',
  measured: String(code),
  holds: code === 0,
});
