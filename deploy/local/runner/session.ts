import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadClickHouseAddress } from '@landed/processor-service/warehouse/config';
import { hardBounceBody, signedCurl } from '../../traffic/signed-curl.ts';
import type { ConsoleView } from './console-view.ts';
import type { RunnerOptions } from './options.ts';
import type { Landed } from './runner.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import { startTraffic, trafficSettings, type Traffic } from './traffic.ts';
import { runAudit } from './verdict.ts';
import { createVitalsWatch, type VitalsWatch } from './vitals.ts';

export type SessionDeps = {
  readonly root: string;
  readonly dir: string;
  readonly landed: Landed;
  readonly options: RunnerOptions;
  readonly view: ConsoleView;
  /** ms since this process began. */
  readonly now: () => number;
  readonly signal: AbortSignal;
};

const lookEveryMs = 1000;
/** Until the first row is there, so that its time is told to a tenth. */
const firstLookEveryMs = 100;

const watchVitals = ({ landed, now }: SessionDeps): VitalsWatch =>
  createVitalsWatch({
    ...landed.addresses,
    warehouse: loadClickHouseAddress(landed.environment),
    now,
  });

const addressLines = (deps: SessionDeps, webhook: string): (readonly [string, string])[] => {
  const { landed, dir } = deps;
  const { environment, addresses, stack } = landed;
  const isOwn = stack.processes().some(({ name }) => name === 'clickhouse');
  const readonly = isOwn ? `   read only ${stack.clickhouseReadonlyUrl}` : '';
  const database = environment['CLICKHOUSE_DATABASE'] ?? 'landed';
  return [
    ['webhook', `POST ${webhook}`],
    ['ClickHouse', `${environment['CLICKHOUSE_URL'] ?? ''} database ${database}${readonly}`],
    [
      'Kafka',
      `${environment['KAFKA_BROKERS'] ?? ''}   registry ${environment['SCHEMA_REGISTRY_URL'] ?? ''}`,
    ],
    ['metrics', `${addresses.ingestOps}/metrics   ${addresses.processorOps}/metrics`],
    ['data', `${dir}   logs in ${dir}/log`],
  ];
};

/** Sleeps; ends early, without an error, when the run is to stop. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

/** Audits what the traffic sent, prints the audit. @returns its exit code */
const judge = async ({ view, landed, root, dir, signal }: SessionDeps, traffic: Traffic) => {
  const isWhole = await traffic.ended;
  const { environment } = landed;
  const { code, text } = await runAudit({ root, environment, ledger: join(dir, 'ledger'), signal });
  view.note(text);
  if (!isWhole) view.note('The traffic ended before every call was acknowledged.');
  return code === 0 && isWhole ? 0 : 1;
};

/** Shows how the system does, once a second, until the signal. */
const showUntil = async (
  deps: SessionDeps,
  vitals: VitalsWatch,
  supervisor: Supervisor,
  signal: AbortSignal,
): Promise<void> => {
  const { view, now } = deps;
  const rowsBefore = (await vitals.look()).rows;
  let hasRow = false;
  while (!signal.aborted) {
    const seen = await vitals.look();
    if (!hasRow && seen.rows > rowsBefore) {
      hasRow = true;
      view.showFirstRow(now());
    }
    view.showProcesses(supervisor.states());
    view.showVitals(seen);
    await pause(hasRow ? lookEveryMs : firstLookEveryMs, signal);
  }
};

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

const printCurl = (view: ConsoleView, url: string, key: string): void => {
  const now = Date.now();
  const curl = signedCurl({ url, key, body: hardBounceBody({ now }), now });
  view.note(`A signed hard bounce, ready to send:\n\n${curl}\n`);
};

/**
 * Runs traffic on a system that is up, and shows how it does, until the signal or, for a finite
 * run with a verdict, until the verdict.
 *
 * @returns the exit code
 */
export const runSession = async (deps: SessionDeps): Promise<number> => {
  const { landed, options, view, now, signal, dir } = deps;
  const { stack, services, environment, addresses } = landed;
  const vitals = watchVitals(deps);
  const onError = (name: string, error: unknown): void =>
    view.note(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  const supervisor = createSupervisor({ stack, services, now, onError });
  const settings = trafficSettings(options, environment, addresses.webhook, dir);
  const over = new AbortController();
  const showing = showUntil(deps, vitals, supervisor, AbortSignal.any([signal, over.signal]));
  const traffic = options.hasTraffic ? startTraffic(settings) : undefined;
  view.showAddresses(addressLines(deps, settings.url.href));
  if (traffic === undefined) printCurl(view, settings.url.href, settings.key);
  try {
    if (traffic !== undefined && options.isExit) return await judge(deps, traffic);
    // A finite run that is through leaves the system up; one that failed ends it.
    const trafficFailed = traffic?.ended.then(() => untilAborted(signal));
    await Promise.race([untilAborted(signal), ...(trafficFailed ? [trafficFailed] : [])]);
    return 0;
  } finally {
    over.abort();
    await showing;
    await supervisor.stop();
    await traffic?.stop();
    await vitals.close();
  }
};
