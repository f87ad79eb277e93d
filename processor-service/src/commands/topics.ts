import Table from 'cli-table3';
import { Kafka, logLevel } from 'kafkajs';
import type { Admin } from 'kafkajs';
import { OperationError } from '@landed/schemas/fate';
import { kafkaOptions } from '@landed/schemas/kafka';
import { kafkaSecrets, kafkaShape, readSettings } from '@landed/schemas/settings';
import type { Environment } from '@landed/schemas/settings';
import { applyTopics, topicDrift } from '@landed/schemas/topic-admin';
import type { Drift } from '@landed/schemas/topic-admin';
import { topicSpecs } from '@landed/schemas/topics';
import type { TopicSpec } from '@landed/schemas/topics';
import { within } from '../log/deadline.ts';
import { connectAdmin } from './admin.ts';
import { EXIT } from './command.ts';
import type { AddCommand } from './command.ts';

const WORK_MS = 60_000;

async function withAdmin<T>(
  env: Environment,
  work: (admin: Admin, specs: readonly TopicSpec[]) => Promise<T>,
): Promise<T> {
  const settings = readSettings(env, kafkaShape, kafkaSecrets);
  const specs = topicSpecs({
    prefix: settings.KAFKA_TOPIC_PREFIX,
    partitions: settings.TOPIC_PARTITIONS,
    replication: settings.TOPIC_REPLICATION,
  });
  const options = kafkaOptions(settings, 'landed-topics');
  const admin = await connectAdmin(new Kafka({ ...options, logLevel: logLevel.NOTHING }));
  try {
    return await within(work(admin, specs), WORK_MS, 'topics');
  } catch (cause) {
    if (cause instanceof OperationError) throw cause;
    const reason = cause instanceof Error ? cause.message : 'no reason given';
    throw new OperationError(`topics: ${reason}`, { retriable: true, cause });
  } finally {
    await admin.disconnect();
  }
}

function drawDrift(drift: readonly Drift[]): string {
  const table = new Table({
    head: ['topic', 'what', 'contract', 'cluster'],
    style: { head: [], border: [] },
  });
  for (const { topic, what, wanted, found } of drift) table.push([topic, what, wanted, found]);
  return table.toString();
}

/** Makes the topics what the contract says. @returns what could not be changed */
export const applyTopicTable = async (env: Environment): Promise<readonly Drift[]> =>
  withAdmin(env, applyTopics);

/** `landed topics`: reports how the cluster differs from the contract; `--apply` mends it. */
export const addTopics: AddCommand = (program, { env, print, end }) => {
  program
    .command('topics')
    .description('compare the topics with the contract, or make them so')
    .option(
      '--apply',
      'create what is missing and set what differs; counts are never changed',
      false,
    )
    .option('--json', 'the differences as JSON', false)
    .addHelpText('after', '\nExit code: 0 no difference, 1 some are left, 2 settings or usage.')
    .action(async ({ apply, json }: { readonly apply: boolean; readonly json: boolean }) => {
      const drift = apply ? await applyTopicTable(env) : await withAdmin(env, topicDrift);
      if (json) print(JSON.stringify(drift, null, 2));
      else print(drift.length === 0 ? 'topics are as the contract says' : drawDrift(drift));
      end(drift.length === 0 ? EXIT.good : EXIT.bad);
    });
};
