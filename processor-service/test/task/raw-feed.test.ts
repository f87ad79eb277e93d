import { describe, expect, test } from 'vitest';
import type { Fetched, FetchOptions } from '../../src/log/partition-reader.ts';
import { createRawFeed } from '../../src/task/raw-feed.ts';

type Asked = {
  readonly options: FetchOptions;
  readonly answer: (fetched: readonly Fetched[]) => void;
  readonly fail: (error: unknown) => void;
};

/** A reader whose answers the test gives. */
function rig(tasks: number) {
  const asked: Asked[] = [];
  const feed = createRawFeed({
    topic: 'raw',
    tasks: () => tasks,
    reader: {
      fetch: async (options) =>
        new Promise((answer, fail) => void asked.push({ options, answer, fail })),
      close: async () => {
        asked.at(-1)?.fail(new Error('closed'));
        return Promise.resolve();
      },
    },
  });
  return { feed, asked };
}

const fetched = (partition: number, nextOffset: bigint): Fetched => ({
  topic: 'raw',
  partition,
  kind: 'records',
  records: [],
  nextOffset,
  bounds: { earliest: 0n, highWatermark: 9n, lastStableOffset: 9n },
});
const turn = async (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const partitions = (asked: Asked | undefined): number[] =>
  (asked?.options.positions ?? []).map(({ partition }) => partition);

describe('the raw feed', () => {
  test('asks for all that wait at once, and answers each', async () => {
    const { feed, asked } = rig(3);
    const first = feed.next(0, 5n);
    await turn();
    const answers = [feed.next(1, 6n), feed.next(2, 7n)];
    asked[0]?.answer([fetched(0, 6n)]);
    expect(await first).toMatchObject({ partition: 0, nextOffset: 6n });
    await turn();
    expect(partitions(asked[1])).toEqual([1, 2]);
    asked[1]?.answer([fetched(2, 8n), fetched(1, 7n)]);
    expect((await Promise.all(answers)).map(({ partition }) => partition)).toEqual([1, 2]);
    const last = feed.next(0, 6n).catch((error: unknown) => error);
    await turn();
    await feed.close();
    expect(await last).toBeInstanceOf(Error);
  });

  test('the broker may take its time only while every task waits', async () => {
    const { feed, asked } = rig(2);
    const waiting = [feed.next(0, 0n), feed.next(1, 0n)];
    await turn();
    asked[0]?.answer([fetched(0, 0n)]);
    await turn();
    const wait = (at: number): number => asked[at]?.options.maxWaitMs ?? -1;
    const idle = feed.next(0, 0n);
    asked[1]?.answer([fetched(1, 0n)]);
    await Promise.all(waiting);
    await turn();
    expect(partitions(asked[2])).toEqual([0]);
    expect(wait(2)).toBeLessThan(wait(0));
    asked[2]?.answer([fetched(0, 0n)]);
    await idle;
    await feed.close();
  });

  test('an error reaches everybody who asked, and the loop goes on', async () => {
    const { feed, asked } = rig(1);
    const failing = feed.next(0, 0n).catch((error: unknown) => error);
    await turn();
    asked[0]?.fail(new Error('corrupt'));
    expect(await failing).toMatchObject({ message: 'corrupt' });
    const next = feed.next(0, 0n);
    await turn();
    asked[1]?.answer([fetched(0, 1n)]);
    expect(await next).toMatchObject({ nextOffset: 1n });
    await feed.close();
    await expect(feed.next(0, 1n)).rejects.toMatchObject({ retriable: true });
  });
});
