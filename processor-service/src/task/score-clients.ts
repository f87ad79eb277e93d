import { createAddressHasher } from '@landed/schemas/address-hash';
import type { AddressHasher } from '@landed/schemas/address-hash';
import { createSealer } from '@landed/schemas/seal';
import type { Sealer } from '@landed/schemas/seal';
import type { Admin } from 'kafkajs';
import type { Logger } from 'pino';
import { untilDone, within } from '../log/deadline.ts';
import type { PartitionReader } from '../log/partition-reader.ts';
import type { RoleDeps } from '../role.ts';
import { openTaskCodec } from './state-codec.ts';
import type { TaskCodec } from './state-codec.ts';
import { createTickWriter } from './ticks.ts';
import type { TickWriter } from './ticks.ts';

/** What the tasks of a process share. */
export type ScoreClients = {
  readonly admin: Admin;
  readonly clusterId: string;
  readonly deadLetterPartitions: number;
  readonly codec: TaskCodec;
  readonly hasher: AddressHasher;
  readonly sealer: Sealer;
  /** Restores and bounds; the feed has a reader of its own. */
  readonly stateReader: PartitionReader;
  readonly feedReader: PartitionReader;
  readonly ticks: TickWriter;
  readonly close: () => Promise<void>;
};

const ANSWER_MS = 15_000;
const CLOSE_MS = 3_000;

/** Opens the clients, waiting for the registry and the cluster as long as it takes. */
export async function openScoreClients(
  deps: RoleDeps,
  logger: Logger,
  signal: AbortSignal,
): Promise<ScoreClients> {
  const { config, kafka, registry } = deps;
  const wait = async <T>(what: string, work: () => Promise<T>): Promise<T> =>
    untilDone(async () => within(work(), ANSWER_MS, what), {
      signal,
      onFailure: (error, attempt) => {
        if (attempt % 8 === 0) logger.warn({ err: error, what }, 'waiting at start');
      },
    });
  const admin = kafka.admin();
  await wait('admin client', async () => admin.connect());
  const { clusterId } = await wait('cluster', async () => admin.describeCluster());
  const topic = config.topics.deadLetters;
  const { topics } = await wait('dead-letter topic', async () =>
    admin.fetchTopicMetadata({ topics: [topic] }),
  );
  const ids = await wait('schema ids', registry.schemaIds);
  const hasher = createAddressHasher(config.hashKey);
  const codec = await openTaskCodec(ids, registry, hasher.fingerprint);
  const stateReader = deps.createReader();
  const feedReader = deps.createReader();
  const ticks = createTickWriter({
    kafka,
    topic: config.topics.raw,
    encode: codec.writeRaw,
    now: Date.now,
    logger,
  });
  return {
    admin,
    clusterId,
    deadLetterPartitions: topics[0]?.partitions.length ?? 1,
    codec,
    hasher,
    sealer: createSealer(config.sealKeys),
    stateReader,
    feedReader,
    ticks,
    close: async () => {
      const closing = [ticks.close(), stateReader.close(), admin.disconnect()];
      // Their work is done; connections that do not close in time end with the process.
      await within(Promise.allSettled(closing), CLOSE_MS, 'close').catch(() => undefined);
    },
  };
}
