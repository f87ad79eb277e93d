import { OperationError } from '@landed/schemas/fate';
import type { Fetched, LogRecord, Page, PartitionBounds } from '../../src/log/partition-reader.ts';
import type { OutputRecord } from '../../src/task/output.ts';
import { FencedError } from '../../src/task/transaction.ts';
import type {
  InputPosition,
  TaskProducer,
  TaskTransaction,
  WrittenOffsets,
} from '../../src/task/transaction.ts';

/*
 * A cluster small enough to be seen through: one raw partition, transactional outputs, one committed
 * position. It keeps a journal of every effect in order, and fails where it is told to.
 */

export type Effect = 'fence' | 'begin' | 'send' | 'offsets' | 'commit';

/** Fails the effect of this count (from 1): before it happens, or after, when its answer is lost. */
export type Failure = {
  readonly effect: Effect;
  readonly count: number;
  readonly when: 'before' | 'after';
};

type Appended = OutputRecord & { readonly offset: bigint };
type Open = { readonly records: OutputRecord[]; position: InputPosition | null };

export type ModelLog = {
  readonly raw: LogRecord[];
  /** What a read_committed reader sees of a topic, in order. */
  readonly committed: (topic: string) => readonly Appended[];
  readonly position: () => InputPosition | null;
  readonly journal: readonly string[];
  readonly openProducer: () => Promise<TaskProducer>;
  readonly fail: (failure: Failure | null) => void;
  readonly bounds: (topic: string) => PartitionBounds;
  readonly read: (topic: string, from: bigint, to: bigint) => readonly Appended[];
  readonly fetchRaw: (offset: bigint, max: number) => Fetched;
};

export function createModelLog(rawTopic: string): ModelLog {
  const raw: LogRecord[] = [];
  const topics = new Map<string, Appended[]>();
  const ends = new Map<string, bigint>();
  const journal: string[] = [];
  const counts = new Map<Effect, number>();
  let position: InputPosition | null = null;
  let epoch = 0;
  let lastOpen: Open | null = null;
  let failure: Failure | null = null;

  const effect = async <T>(name: Effect, note: string, work: () => T): Promise<T> => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const isHit = failure?.effect === name && failure.count === count;
    const lost = (): OperationError =>
      new OperationError(`${name} ${count} fails ${failure?.when ?? ''}`, { retriable: true });
    await Promise.resolve();
    if (isHit && failure?.when === 'before') throw lost();
    const result = work();
    journal.push(note);
    if (isHit) throw lost();
    return result;
  };

  const append = (record: OutputRecord): bigint => {
    const end = ends.get(record.topic) ?? 0n;
    const list = topics.get(record.topic) ?? [];
    list.push({ ...record, offset: end });
    topics.set(record.topic, list);
    ends.set(record.topic, end + 1n);
    return end + 1n;
  };
  /** Aborted records and markers take offsets too: gaps for whoever reads. */
  const skip = (topic: string, by: number): void =>
    void ends.set(topic, (ends.get(topic) ?? 0n) + BigInt(by));

  const transaction = (own: number, open: Open): TaskTransaction => {
    const assertOwner = (): void => {
      if (own !== epoch) throw new FencedError(new Error('a newer producer has come'));
    };
    return {
      send: async (records) =>
        effect('send', `send ${records.length}`, () => {
          assertOwner();
          open.records.push(...records);
          const next = new Map<string, bigint>();
          for (const { topic } of records) {
            const pending = open.records.filter((record) => record.topic === topic).length;
            next.set(topic, (ends.get(topic) ?? 0n) + BigInt(pending));
          }
          return next satisfies WrittenOffsets;
        }),
      sendPosition: async (next) =>
        effect('offsets', `offsets ${next.nextOffset.toString()}`, () => {
          assertOwner();
          open.position = next;
        }),
      commit: async () =>
        effect('commit', 'commit', () => {
          assertOwner();
          for (const record of open.records) append(record);
          for (const topic of new Set(open.records.map((one) => one.topic))) skip(topic, 1);
          open.records.length = 0;
          position = open.position ?? position;
        }),
    };
  };

  return {
    raw,
    committed: (topic) => topics.get(topic) ?? [],
    position: () => position,
    journal,
    openProducer: async () =>
      effect('fence', 'fence', () => {
        const own = ++epoch;
        for (const { topic } of lastOpen?.records ?? []) skip(topic, 1);
        let open: Open = { records: [], position: null };
        return {
          begin: async () =>
            effect('begin', 'begin', () => {
              open = { records: [], position: null };
              lastOpen = open;
              return transaction(own, open);
            }),
          close: async () => Promise.resolve(journal.push('close')).then(() => undefined),
        } satisfies TaskProducer;
      }),
    fail: (next) => {
      failure = next;
      counts.clear();
    },
    bounds: (topic) => {
      const end = topic === rawTopic ? BigInt(raw.length) : (ends.get(topic) ?? 0n);
      return { earliest: 0n, highWatermark: end, lastStableOffset: end };
    },
    read: (topic, from, to) =>
      (topics.get(topic) ?? []).filter(({ offset }) => offset >= from && offset < to),
    fetchRaw: (offset, max) => {
      const records = raw.slice(Number(offset), Number(offset) + max);
      const end = BigInt(raw.length);
      return {
        topic: rawTopic,
        partition: 0,
        kind: 'records',
        records,
        nextOffset: offset + BigInt(records.length),
        bounds: { earliest: 0n, highWatermark: end, lastStableOffset: end },
      };
    },
  };
}

/** Pages of a topic of the model, as the direct reader gives them. */
export async function* pagesOf(
  log: ModelLog,
  topic: string,
  from: bigint,
  to: bigint,
): AsyncGenerator<Page, void, void> {
  const records = log.read(topic, from, to).map(({ offset, key, value }) => ({
    offset,
    timestamp: 0,
    key: key === null ? null : Buffer.from(key),
    value,
    headers: {},
  }));
  const half = Math.ceil(records.length / 2);
  await Promise.resolve();
  if (half > 0) {
    const next = (records[half - 1]?.offset ?? from) + 1n;
    yield { records: records.slice(0, half), nextOffset: next };
  }
  if (from < to) yield { records: records.slice(half), nextOffset: to };
}
