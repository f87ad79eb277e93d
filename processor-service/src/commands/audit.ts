import { InvalidArgumentError } from 'commander';
import { pino } from 'pino';
import { createAddressHasher } from '@landed/schemas/address-hash';
import { createRegistry } from '@landed/schemas/registry';
import { createSealer } from '@landed/schemas/seal';
import type { Environment } from '@landed/schemas/settings';
import { loadConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { pause } from '../log/deadline.ts';
import { createKafka } from '../log/kafka-client.ts';
import { createPartitionReader } from '../log/partition-reader.ts';
import { scoreGroup } from '../task/score-role.ts';
import { createClickHouse } from '../warehouse/clickhouse.ts';
import { loadClickHouseAddress } from '../warehouse/config.ts';
import { warehouseGroup } from '../warehouse/group.ts';
import { connectAdmin } from './admin.ts';
import { takeCut, underWay, waitForCut } from './audit/cut.ts';
import type { CutDeps } from './audit/cut.ts';
import { keptSince } from './audit/kept-since.ts';
import { nothingPromised, readPromised } from './audit/promises.ts';
import { drawReport, reportOf } from './audit/report.ts';
import type { Report } from './audit/report.ts';
import { runAudit } from './audit/run.ts';
import { tableSources } from './audit/sources.ts';
import { createTally } from './audit/tally.ts';
import { EXIT } from './command.ts';
import type { AddCommand } from './command.ts';

export type AuditOptions = {
  readonly ledger?: string;
  readonly wait: number;
  readonly json: boolean;
};

const READ_MS = 600_000;
const AGAIN_MS = 1_000;

/** Opens everything the audit reads from. */
async function openAudit(env: Environment, config: Config) {
  const logger = pino({ level: 'silent' });
  const kafka = createKafka(config.kafka, logger);
  const admin = await connectAdmin(kafka);
  const reader = createPartitionReader({ kafka });
  const clickhouse = createClickHouse(loadClickHouseAddress(env), {
    timeoutMs: READ_MS,
    application: 'landed-audit',
  });
  const { fetchSchema } = createRegistry(config.registry);
  const cutDeps: CutDeps = {
    admin,
    reader,
    specs: config.topicSpecs,
    scoreGroup: scoreGroup(config.prefix),
    warehouseGroup: warehouseGroup(config.prefix),
  };
  return {
    take: async () => takeCut(cutDeps),
    deps: {
      reader,
      clickhouse,
      topics: config.topics,
      sources: tableSources(config.topics, fetchSchema),
      fetchSchema,
      sealer: createSealer(config.sealKeys),
      hashAddress: createAddressHasher(config.hashKey).hash,
    },
    close: async () => {
      await Promise.allSettled([admin.disconnect(), reader.close(), clickhouse.close()]);
    },
  };
}

type Opened = Awaited<ReturnType<typeof openAudit>>;

async function auditOnce(
  opened: Opened,
  options: AuditOptions,
  isComplete: boolean,
): Promise<Report> {
  const cut = await opened.take();
  const tally = createTally();
  const { ledger } = options;
  const { reader, topics } = opened.deps;
  let since = 0;
  for (const [partition, reach] of cut.raw.entries()) {
    since = Math.max(since, await keptSince(reader, topics.raw, partition, reach));
  }
  const promised = ledger === undefined ? nothingPromised : await readPromised(ledger, since);
  await runAudit({ ...opened.deps, cut, promised, tally });
  return reportOf(tally, underWay(cut), isComplete);
}

/** Audits; with a wait, once everything stored has come through, and again until it balances. */
async function auditWithin(opened: Opened, options: AuditOptions): Promise<Report> {
  const { signal } = new AbortController();
  const deadline = performance.now() + options.wait * 1_000;
  const isComplete = options.wait === 0 || (await waitForCut(opened.take, deadline, signal));
  for (;;) {
    const report = await auditOnce(opened, options, isComplete);
    if (report.balanced || performance.now() + AGAIN_MS > deadline) return report;
    await pause(AGAIN_MS, signal);
  }
}

/**
 * Audits the system the environment names.
 *
 * @throws SettingsError; OperationError, retriable when a server is away
 */
export async function audit(env: Environment, options: AuditOptions): Promise<Report> {
  const opened = await openAudit(env, loadConfig(env));
  try {
    return await auditWithin(opened, options);
  } finally {
    await opened.close();
  }
}

const seconds = (text: string): number => {
  if (!/^\d{1,5}$/.test(text))
    throw new InvalidArgumentError('It must be a whole number of seconds.');
  return Number(text);
};

/** `landed audit`: does everything that was acknowledged stand everywhere, once, with its values? */
export const addAudit: AddCommand = (program, { env, print, end }) => {
  program
    .command('audit')
    .description('compare what was acknowledged, stored, published and written to ClickHouse')
    .option('--ledger <path>', "the sender's ledger: a folder of .jsonl files, or one file")
    .option(
      '--wait <seconds>',
      'wait so long for what is under way, and until it balances',
      seconds,
      0,
    )
    .option('--json', 'the report as JSON', false)
    .addHelpText('after', '\nExit code: 0 all balances, 1 it does not, 2 settings or usage.')
    .action(async (options: AuditOptions) => {
      const report = await audit(env, options);
      print(options.json ? JSON.stringify(report, null, 2) : drawReport(report));
      end(report.balanced ? EXIT.good : EXIT.bad);
    });
};
