import { complete, recordBytes } from './batch.ts';
import type { BatchLimits, Draft, OutgoingRecord } from './batch.ts';
import { createAlarm, createCrowd, createDeparture } from './departure.ts';
import type { Producer } from './producer.ts';
import { createQueue, earliestDeadline, settle } from './queue.ts';
import type { Entry, Queue } from './queue.ts';

/** What became of one record. Only `stored` may be answered with 2xx. */
export type PublishFate =
  | 'stored'
  /** Not acknowledged in time. It may still be stored; the sender's retry is then a duplicate. */
  | 'deadline'
  /** Beyond the bound of records or bytes pending. */
  | 'overloaded'
  /** Kafka is away, or does not take records. */
  | 'unavailable'
  /** Its value could not be made: a mistake of ours. */
  | 'unexpected'
  /** The topic does not take a record of this size. */
  | 'too_large';

export type PublisherLimits = BatchLimits & {
  /** Records waiting or on their way. */
  readonly pendingRecordsMax: number;
  readonly pendingBytesMax: number;
  /** Longest wait for companions before a batch leaves. 0: never wait. */
  readonly batchWaitMs: number;
  /** A batch on its way for longer means trouble: newcomers are refused at once. */
  readonly stuckMs: number;
};

/** What the publisher reports, once per batch. */
export type PublisherMeter = {
  readonly batch: (records: number, seconds: number) => void;
  /** Records stored after their request was answered 503. */
  readonly late: (records: number) => void;
};

export type Publisher = {
  /** @param deadlineAt `performance.now()` time at which the request must be answered */
  readonly publish: (record: Draft, deadlineAt: number) => Promise<PublishFate>;
  readonly pending: () => { readonly records: number; readonly bytes: number };
  /** Stops taking records, waits until all are settled or the time is over, lets go of Kafka. */
  readonly close: (timeoutMs: number) => Promise<void>;
};

export type PublisherDeps = {
  readonly producer: Producer;
  readonly limits: PublisherLimits;
  readonly meter: PublisherMeter;
  /** Told of a record whose value could not be made. */
  readonly onUnmade: (error: unknown) => void;
};

type Waiter = Entry<PublishFate>;
type Flight = {
  readonly entries: readonly Waiter[];
  readonly records: readonly OutgoingRecord[];
  readonly startedAt: number;
};

function onStored(
  queue: Queue<PublishFate>,
  { entries, startedAt }: Flight,
  meter: PublisherMeter,
): void {
  const late = entries.filter((entry) => entry.settle === null).length;
  for (const entry of entries) settle(entry, 'stored');
  queue.done(entries);
  meter.batch(entries.length, (performance.now() - startedAt) / 1000);
  if (late > 0) meter.late(late);
}

/** Makes the values of a batch. A record that cannot be made is settled, and takes nobody along. */
function load(
  queue: Queue<PublishFate>,
  taken: readonly Waiter[],
  onUnmade: PublisherDeps['onUnmade'],
): Flight {
  const records: OutgoingRecord[] = [];
  const unmade = new Set<Waiter>();
  for (const entry of taken) {
    try {
      records.push(complete(entry.record));
    } catch (error) {
      unmade.add(entry);
      settle(entry, 'unexpected');
      onUnmade(error);
    }
  }
  if (unmade.size > 0) queue.done([...unmade]);
  const entries = taken.filter((entry) => !unmade.has(entry));
  return { entries, records, startedAt: performance.now() };
}

/** Which record was too large the answer does not say: the largest is taken to be it. */
function onTooLarge(queue: Queue<PublishFate>, { entries }: Flight): void {
  settle(
    entries.reduce((most, entry) => (entry.bytes > most.bytes ? entry : most)),
    'too_large',
  );
  queue.putBack(entries);
}

/** Settles what is past its deadline, waiting or flying; gives the next deadline, or Infinity. */
function sweep(queue: Queue<PublishFate>, flying: readonly Waiter[], now: number): number {
  const isExpired = (entry: Waiter): boolean => entry.deadlineAt <= now;
  queue.giveUp('deadline', isExpired);
  for (const entry of flying) if (isExpired(entry)) settle(entry, 'deadline');
  return Math.min(queue.nextDeadline(), earliestDeadline(flying));
}

/** Why a newcomer of so many bytes is refused at once; null when it is not. */
function refusalOf(
  { producer, limits }: PublisherDeps,
  queue: Queue<PublishFate>,
  flight: Flight | null,
  bytes: number,
): PublishFate | null {
  if (producer.refuses()) return 'unavailable';
  if (flight && performance.now() - flight.startedAt > limits.stuckMs) return 'unavailable';
  const pending = queue.pending();
  const isFull =
    pending.records >= limits.pendingRecordsMax || pending.bytes + bytes > limits.pendingBytesMax;
  return isFull ? 'overloaded' : null;
}

/**
 * One batcher with exactly one batch on its way: then the order within a partition holds whatever
 * becomes of an answer, and a batch that is sent again is never mistaken for another.
 * Each record is settled when the batch that holds it is durable, or at its own deadline; the batch
 * stays on its way then. A failed batch goes to the front again while its requests have time left.
 */
export function createPublisher(deps: PublisherDeps): Publisher {
  const { producer, limits, meter } = deps;
  const queue = createQueue<PublishFate>();
  const crowd = createCrowd();
  let flight: Flight | null = null;
  let isClosing = false;

  const alarm = createAlarm((now) => sweep(queue, flight?.entries ?? [], now));

  const fly = async (current: Flight): Promise<void> => {
    try {
      const sent = await producer.send(current.records);
      if (sent === 'stored') onStored(queue, current, meter);
      else onTooLarge(queue, current);
    } catch {
      // The producer has logged why and replaces its sender.
      queue.putBack(current.entries);
    }
    crowd.saw(current.entries.length + queue.waiting().records);
    flight = null;
    if (producer.refuses()) queue.giveUp('unavailable', () => true);
    considerLeaving();
  };

  const canLeave = (): boolean =>
    flight === null && queue.waiting().records > 0 && producer.isConnected();

  const departure = createDeparture(limits.batchWaitMs, () => {
    if (!canLeave()) return;
    const loaded = load(queue, queue.take(limits), deps.onUnmade);
    if (loaded.records.length === 0) {
      considerLeaving();
      return;
    }
    flight = loaded;
    void fly(flight);
  });

  const considerLeaving = (): void => {
    if (!canLeave()) return;
    const { records, bytes } = queue.waiting();
    const hasCompany = records >= Math.min(crowd.wanted(), limits.batchRecordsMax);
    if (hasCompany || bytes >= limits.partitionBytesMax || limits.batchWaitMs === 0) {
      departure.soon();
    } else departure.later();
  };

  producer.onChange(() => {
    if (producer.refuses()) queue.giveUp('unavailable', () => true);
    considerLeaving();
  });

  return {
    publish: (record, deadlineAt) => {
      const bytes = recordBytes(record);
      const refused = isClosing ? 'unavailable' : refusalOf(deps, queue, flight, bytes);
      if (refused !== null) return Promise.resolve(refused);
      return new Promise((resolve) => {
        queue.add({ record, bytes, deadlineAt, settle: resolve });
        alarm.by(deadlineAt);
        considerLeaving();
      });
    },
    pending: queue.pending,
    close: async (timeoutMs) => {
      isClosing = true;
      await queue.whenIdle(timeoutMs);
      queue.giveUp('unavailable', () => true);
      alarm.stop();
      await producer.close();
    },
  };
}
