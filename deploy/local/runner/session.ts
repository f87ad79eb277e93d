import { setTimeout as sleep } from 'node:timers/promises';
import { loadClickHouseAddress } from '@landed/processor-service/warehouse/config';
import { hardBounceBody, signedCurl } from '../../traffic/signed-curl.ts';
import type { ConsoleView } from './console-view.ts';
import type { RunnerOptions } from './options.ts';
import type { Landed } from './runner.ts';
import { createSupervisor } from './supervisor.ts';
import { startTraffic, trafficSettings, type Traffic } from './traffic.ts';
import { reachVerdict, runAudit, waitForStillness } from './verdict.ts';
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
const settleDeadlineMs = 120_000;

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

/** Waits until all came through, audits, prints the audit. @returns its exit code */
const judge = async (deps: SessionDeps, traffic: Traffic, vitals: VitalsWatch): Promise<number> => {
  const { view, landed, root, dir, signal } = deps;
  const isWhole = await traffic.ended;
  const look = async () => {
    const seen = await vitals.look();
    view.showVitals(seen);
    return seen;
  };
  await waitForStillness({ look, deadlineMs: settleDeadlineMs, signal });
  const ledger = `${dir}/ledger`;
  const { environment } = landed;
  const audit = () => runAudit({ root, environment, ledger });
  const { code, text } = await reachVerdict(audit, signal);
  view.note(text);
  if (!isWhole) view.note('The traffic ended before every call was acknowledged.');
  return code === 0 && isWhole ? 0 : 1;
};

/**
 * Runs traffic on a system that is up, and shows how it does, until the signal or, for a finite
 * run with a verdict, until the verdict.
 *
 * @returns the exit code
 */
export const runSession = async (deps: SessionDeps): Promise<number> => {
  const { landed, options, view, now, signal, dir } = deps;
  const vitals = watchVitals(deps);
  const { stack, services } = landed;
  const supervisor = createSupervisor({
    stack,
    services,
    now,
    onError: (name, error) => view.note(`${name}: ${error instanceof Error ? error.message : ''}`),
  });
  const settings = trafficSettings(options, landed.environment, landed.addresses.webhook, dir);
  const rowsBefore = (await vitals.look()).rows;
  const traffic = options.hasTraffic ? startTraffic(settings) : undefined;
  view.showAddresses(addressLines(deps, settings.url.href));
  if (traffic === undefined) {
    const body = hardBounceBody({ now: Date.now() });
    const curl = signedCurl({ url: settings.url.href, key: settings.key, body, now: Date.now() });
    view.note(`A signed hard bounce, ready to send:\n\n${curl}\n`);
  }
  let hasRow = false;
  try {
    while (!signal.aborted) {
      const seen = await vitals.look();
      if (!hasRow && seen.rows > rowsBefore) {
        hasRow = true;
        view.showFirstRow(now());
      }
      view.showProcesses(supervisor.states());
      view.showVitals(seen);
      if (traffic?.hasEnded() === true) {
        if (options.isExit) return await judge(deps, traffic, vitals);
        await traffic.ended;
      }
      await pause(hasRow || traffic === undefined ? lookEveryMs : firstLookEveryMs, signal);
    }
    return 0;
  } finally {
    view.showProcesses([]);
    await supervisor.stop();
    await traffic?.stop();
    await vitals.close();
  }
};
