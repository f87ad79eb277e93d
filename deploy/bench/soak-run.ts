import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSystem } from '../e2e/system.ts';
import type { System } from '../e2e/system.ts';
import { freeStackPorts } from '../local/stack/stack-ports.ts';
import { startStack } from '../local/stack/stack.ts';
import type { Stack } from '../local/stack/stack.ts';
import type { SoakFigures } from './bars.ts';
import { createClickhouseQuery } from './clickhouse-query.ts';
import { createLagProbe, lagSum } from './lag.ts';
import type { LagProbe } from './lag.ts';
import { createLedgerTail } from './ledger-tail.ts';
import { watchMemory } from './memory.ts';
import { createQueryableWatch } from './queryable.ts';
import { startTraffic } from './traffic-child.ts';
import type { TrafficChild } from './traffic-child.ts';

export type SoakOptions = {
  readonly minutes: number;
  /** Calls a second. */
  readonly rate: number;
  readonly seed: string;
  /** Folder for everything the run writes. */
  readonly dir: string;
  readonly tell: (line: string) => void;
  /** Ends the traffic early; what was measured until then is judged. */
  readonly signal: AbortSignal;
};

const ARTIFACTS = new URL('../../.stack', import.meta.url).pathname;
const PREFIX = 'soak.';
const MEMORY_EVERY_MS = 5000;
const LOOK_EVERY_MS = 500;
/** About this many events a second are looked for. */
const SAMPLES_PER_SECOND = 2;
/** The processes settle before their size at rest is taken. */
const REST_MS = 10_000;
const CATCH_UP_MS_MAX = 120_000;
const MINUTE_MS = 60_000;

type Sized = { readonly name: string; readonly pid: number };

function processesOf(stack: Stack, system: System, traffic: TrafficChild | null): readonly Sized[] {
  const services = (['ingest', 'processor'] as const).map((name) => ({
    name,
    pid: system.pid(name) ?? 0,
  }));
  const sender = traffic === null ? [] : [{ name: 'traffic', pid: traffic.pid }];
  return [...stack.processes(), ...services, ...sender].filter(({ pid }) => pid > 0);
}

/** Resident bytes of the whole embedded stack before any traffic. */
async function sizeAtRest(processes: () => readonly Sized[]): Promise<number> {
  await sleep(REST_MS);
  const watch = watchMemory(processes, MINUTE_MS);
  watch.take();
  watch.stop();
  return watch.samples.reduce((sum, { residentBytes }) => sum + residentBytes, 0);
}

/** Waits until nothing is behind; how long it took, null when it never came to that. */
async function catchUp(probe: LagProbe): Promise<{ lagAtEnd: number; caughtUpMs: number | null }> {
  const startedAt = performance.now();
  const look = async (): Promise<number> => lagSum(await probe.lags());
  const lagAtEnd = await look();
  for (let lag = lagAtEnd; lag > 0; lag = await look()) {
    if (performance.now() - startedAt > CATCH_UP_MS_MAX) return { lagAtEnd, caughtUpMs: null };
    await sleep(100);
  }
  return { lagAtEnd, caughtUpMs: performance.now() - startedAt };
}

type Measured = Pick<SoakFigures, 'queryable' | 'memory' | 'lagAtEnd' | 'caughtUpMs'>;

/** Everything that is watched from the first call until the system has caught up. */
async function measure(
  options: SoakOptions,
  system: System,
  traffic: TrafficChild,
  processes: () => readonly Sized[],
): Promise<Measured> {
  const tail = createLedgerTail(await traffic.ledgerFile);
  const clickhouse = createClickhouseQuery(system.env);
  const probe = await createLagProbe(system.env['KAFKA_BROKERS'] ?? '', `${PREFIX}landed-`);
  const memory = watchMemory(processes, MEMORY_EVERY_MS);
  const queryable = createQueryableWatch({
    readLedger: tail.read,
    findEvents: clickhouse.findEvents,
    now: Date.now,
    sampleEvery: Math.max(1, Math.round(options.rate / SAMPLES_PER_SECOND)),
  });
  const running = { ended: false };
  void traffic.ended.then(() => {
    running.ended = true;
  });
  let toldAt = performance.now();
  try {
    while (!running.ended) {
      await queryable.look();
      await sleep(LOOK_EVERY_MS);
      if (performance.now() - toldAt < MINUTE_MS) continue;
      toldAt += MINUTE_MS;
      const { sent = 0, acknowledged = 0, p99_ms = 0 } = traffic.progress() ?? {};
      options.tell(
        `${sent} sent, ${acknowledged} acknowledged, p99 ${p99_ms} ms, lag ${lagSum(await probe.lags())}`,
      );
    }
    memory.take();
    memory.stop();
    const { lagAtEnd, caughtUpMs } = await catchUp(probe);
    for (let looks = 0; queryable.awaited() > 0 && looks < 60; looks += 1) {
      await sleep(LOOK_EVERY_MS);
      await queryable.look();
    }
    return { queryable: queryable.figures(), memory: memory.samples, lagAtEnd, caughtUpMs };
  } finally {
    memory.stop();
    await Promise.all([tail.close(), clickhouse.close(), probe.close()]);
  }
}

async function soakOn(options: SoakOptions, stack: Stack): Promise<SoakFigures> {
  const { dir, minutes, rate, seed, tell } = options;
  const { kafkaBrokers, registryUrl, clickhouseUrl } = stack;
  const servers = { kafkaBrokers, registryUrl, clickhouseUrl };
  const system = await startSystem({ dir, servers, prefix: PREFIX, database: 'soak' });
  try {
    const residentAtRestBytes = await sizeAtRest(() => processesOf(stack, system, null));
    tell(`at rest: ${(residentAtRestBytes / 1e6).toFixed(0)} MB`);
    const ledger = join(dir, 'ledger');
    const events = Math.round(minutes * 60 * rate);
    const given = ['--url', system.webhookUrl, '--workspace', system.workspace];
    const run = ['--rate', String(rate), '--events', String(events), '--seed', seed];
    const traffic = startTraffic(system.env, [...given, ...run, '--ledger', ledger]);
    options.signal.addEventListener('abort', traffic.stop, { once: true });
    if (options.signal.aborted) traffic.stop();
    const measured = await measure(options, system, traffic, () =>
      processesOf(stack, system, traffic),
    );
    const totals = traffic.progress();
    const audit = await system.landed('audit', '--ledger', ledger, '--wait', '60');
    tell(audit.stdout.trimEnd());
    return {
      minutes,
      rate,
      sent: totals?.sent ?? 0,
      acknowledged: totals?.acknowledged ?? 0,
      retries: totals?.retries ?? 0,
      ack: { p50: totals?.p50_ms ?? 0, p99: totals?.p99_ms ?? 0, max: totals?.max_ms ?? 0 },
      residentAtRestBytes,
      isAuditBalanced: audit.code === 0,
      ...measured,
    };
  } finally {
    await system.stop();
  }
}

/** Brings up the whole embedded system in a folder of its own, sends traffic, measures. */
export async function soak(options: SoakOptions): Promise<SoakFigures> {
  const stack = await startStack({
    dir: join(options.dir, 'stack'),
    artifactsDir: ARTIFACTS,
    ports: await freeStackPorts(),
  });
  try {
    return await soakOn(options, stack);
  } finally {
    await stack.stop();
  }
}
