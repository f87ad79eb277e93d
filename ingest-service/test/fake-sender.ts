import type { OutgoingRecord } from '../src/batch.ts';
import type { Sender, Sent } from '../src/producer.ts';

/** What a fake broker does with one batch. */
export type Deed =
  | { readonly kind: 'answer'; readonly sent: Sent }
  | { readonly kind: 'fail' }
  /** Written, but the answer gets lost: an error for the sender. */
  | { readonly kind: 'fail-after-write' }
  | { readonly kind: 'hang' };

export type FakeKafka = {
  /** Makes a connected sender, or fails as long as `isAway`. */
  readonly connect: () => Promise<Sender>;
  /** Every batch that arrived, by the number of the sender that brought it. */
  readonly batches: { readonly sender: number; readonly keys: readonly string[] }[];
  /** Keys in the order they were written. */
  readonly log: string[];
  /** The same, whole. */
  readonly written: OutgoingRecord[];
  readonly closed: number[];
  isAway: boolean;
  /** Keeps nothing of what it is given: for very long runs. */
  isForgetful: boolean;
  /** Decides the deed for each batch; stores by default. */
  deed: (records: readonly OutgoingRecord[]) => Deed;
  latencyMs: number;
  connectMs: number;
  /** Batches on their way at this moment, and the most there ever were at once. */
  flying: number;
  mostFlying: number;
  /** Lets hanging batches end. */
  release: (deed: Deed) => void;
};

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** A broker of a few lines, which keeps what it was given and counts how it was asked. */
export function createFakeKafka(): FakeKafka {
  let senders = 0;
  const hanging: ((deed: Deed) => void)[] = [];
  const fake: FakeKafka = {
    connect: async () => {
      await pause(fake.connectMs);
      if (fake.isAway) throw new Error('connect ECONNREFUSED');
      senders += 1;
      return senderOf(senders);
    },
    batches: [],
    log: [],
    written: [],
    closed: [],
    isAway: false,
    isForgetful: false,
    deed: () => ({ kind: 'answer', sent: 'stored' }),
    latencyMs: 2,
    connectMs: 1,
    flying: 0,
    mostFlying: 0,
    release: (deed) => {
      for (const resolve of hanging.splice(0)) resolve(deed);
    },
  };
  const settle = (deed: Deed, records: readonly OutgoingRecord[]): Sent => {
    if (deed.kind === 'fail') throw new Error('the broker failed');
    if (deed.kind === 'answer' && deed.sent === 'too_large') return 'too_large';
    if (fake.isForgetful) return 'stored';
    fake.log.push(...records.map((record) => record.key ?? ''));
    fake.written.push(...records);
    if (deed.kind === 'fail-after-write') throw new Error('the answer was lost');
    return 'stored';
  };
  const senderOf = (number: number): Sender => ({
    send: async (records) => {
      const keys = records.map((record) => record.key ?? '');
      if (!fake.isForgetful) fake.batches.push({ sender: number, keys });
      fake.flying += 1;
      fake.mostFlying = Math.max(fake.mostFlying, fake.flying);
      try {
        let deed = fake.deed(records);
        if (deed.kind === 'hang')
          deed = await new Promise<Deed>((resolve) => hanging.push(resolve));
        else await pause(fake.latencyMs);
        return settle(deed, records);
      } finally {
        fake.flying -= 1;
      }
    },
    close: async () => {
      await pause(0);
      fake.closed.push(number);
    },
  });
  return fake;
}
