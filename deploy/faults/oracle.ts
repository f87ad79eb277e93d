import { createRawDecoder } from '@landed/processor-service/task/decode';
import { TURN_LIMITS, createPipeline } from '@landed/processor-service/task/pipeline';
import type { TaskCodec } from '@landed/processor-service/task/state-codec';
import { createMemoryStore } from '@landed/processor-service/task/store/memory-store';
import type { LogRecord, PartitionReader } from '@landed/processor-service/log/partition-reader';
import type { Sealer } from '@landed/schemas/seal';
import type { TopicNames } from '@landed/schemas/topics';

export type OracleDeps = {
  readonly reader: PartitionReader;
  readonly codec: TaskCodec;
  readonly sealer: Sealer;
  readonly hashAddress: (address: string) => string;
  readonly topics: TopicNames;
  readonly partitions: number;
  readonly deadLetterPartitions: number;
};

/** One record of an output topic. */
export type Published = {
  readonly key: string;
  readonly value: Buffer | null;
  readonly headers: string;
};

/** What a topic holds, in the order of each partition. */
export type PublishedTopics = ReadonlyMap<string, readonly Published[]>;

export type OracleResult = {
  /** By topic: every record written into it, state records of all turns included. */
  readonly published: PublishedTopics;
  readonly rawRecords: number;
  readonly fates: ReadonlyMap<string, number>;
  readonly timers: number;
};

export const headersText = (headers: Readonly<Record<string, unknown>> | undefined): string =>
  JSON.stringify(
    Object.entries(headers ?? {})
      .map(([name, value]) => [name, String(value)])
      .sort(),
  );

async function readAll(reader: PartitionReader, topic: string, partition: number) {
  const bounds = (await reader.bounds(topic, [partition])).get(partition);
  const records: LogRecord[] = [];
  const from = bounds?.earliest ?? 0n;
  for await (const page of reader.read({ topic, partition, from })) records.push(...page.records);
  return records;
}

/**
 * Runs the same pipeline over the raw log, alone and in memory: no cluster, no transactions, no
 * store on disk, nothing that can fail. What it says is what must have been published.
 */
export async function runOracle(deps: OracleDeps): Promise<OracleResult> {
  const { codec, sealer, topics, partitions } = deps;
  const published = new Map<string, Published[]>();
  const fates = new Map<string, number>();
  let rawRecords = 0;
  let timers = 0;
  for (let partition = 0; partition < partitions; partition++) {
    const store = createMemoryStore();
    const decoder = createRawDecoder({ decoder: codec.readRaw, sealer, partition, partitions });
    const pipeline = createPipeline({
      store,
      codec,
      topics,
      deadLetters: {
        topic: topics.deadLetters,
        partitions: deps.deadLetterPartitions,
        rawTopic: topics.raw,
        rawPartition: partition,
      },
      partition,
      scoreStep: 5,
      decoder,
      sealer,
      hashAddress: deps.hashAddress,
      limits: TURN_LIMITS,
      onCoreError: (error) => {
        throw error;
      },
    });
    let rest: readonly LogRecord[] = await readAll(deps.reader, topics.raw, partition);
    rawRecords += rest.length;
    for (let clock = 0; rest.length > 0;) {
      const turn = await pipeline.run(rest, clock);
      if (turn.outage !== null) throw turn.outage;
      for (const { topic, key, value, headers } of turn.outputs) {
        const list = published.get(topic) ?? [];
        published.set(topic, list);
        list.push({ key: String(key), value, headers: headersText(headers) });
      }
      for (const [fate, count] of turn.tally.records) {
        fates.set(fate, (fates.get(fate) ?? 0) + count);
      }
      timers += turn.tally.timers;
      store.apply(turn.writes, nothingStored);
      clock = turn.clock;
      rest = rest.slice(turn.consumed);
    }
  }
  return { published, rawRecords, fates, timers };
}

const nothingStored = {
  inputNext: null,
  clock: 0,
  profilesNext: 0n,
  deliveriesNext: 0n,
  writtenAt: 0,
  schemaIds: [],
};

/** Reads what was published, as a read_committed consumer sees it. */
export async function readPublished(
  reader: PartitionReader,
  topic: string,
  partitions: number,
): Promise<readonly Published[]> {
  const published: Published[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    for (const { key, value, headers } of await readAll(reader, topic, partition)) {
      published.push({ key: String(key), value, headers: headersText(headers) });
    }
  }
  return published;
}
