import { Agent } from 'node:https';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Reply } from './call.ts';
import { forEachProxy } from './for-each-proxy.ts';
import { FIRST, SECOND, createStand } from './stand.ts';
import type { Behind, Stand } from './stand.ts';

/* Instances come and go behind a proxy while a sender goes on. */

/** Longer than Caddy takes to notice (1 s) and nginx leaves an instance alone (2 s). */
const DRAIN = { INGEST_DRAIN_MS: '2500' };
const SENDERS = 4;

/** The service's own words: it starts, or this machine is busy. */
const isToldToWait = ({ status, body }: Reply): boolean =>
  status === 503 && !body.includes('proxy');

/** Senders that call one after the other, over kept connections, until they are stopped. */
function keepSending(proxy: Behind): {
  readonly count: () => number;
  readonly stop: () => Promise<readonly Reply[]>;
} {
  const agent = new Agent({ keepAlive: true });
  const replies: Reply[] = [];
  let isOn = true;
  let at = 0;
  const sendOn = async (): Promise<void> => {
    while (isOn) {
      replies.push(await proxy.send(`01ROLL${(at += 1)}`, { agent }));
      // A pace: nothing is waited for.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const sending = Promise.all(Array.from({ length: SENDERS }, sendOn));
  return {
    count: () => replies.length,
    stop: async () => {
      isOn = false;
      await sending;
      agent.destroy();
      return replies;
    },
  };
}

forEachProxy('in front of a pair that changes', (program) => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await createStand(program);
  });
  afterEach(() => stand.end());

  test('a rolling restart under load: every call reaches an instance that answers', async () => {
    const first = await stand.service(FIRST, DRAIN);
    const second = await stand.service(SECOND, DRAIN);
    const load = keepSending(await stand.proxy([FIRST, SECOND]));
    const isSentMore = async (count: number): Promise<void> => {
      const wanted = load.count() + count;
      await expect.poll(load.count, { timeout: 10_000 }).toBeGreaterThan(wanted);
    };
    await isSentMore(50);
    const hosts = [FIRST, SECOND] as const;
    const fresh = [];
    for (const [at, old] of [first, second].entries()) {
      await old.service.drain();
      await isSentMore(50);
      fresh.push(await stand.service(hosts[at]!));
      // It gets calls again before the other one goes.
      const { kafka } = fresh[at]!;
      await expect.poll(() => kafka.written.length, { timeout: 10_000 }).toBeGreaterThan(20);
    }
    const replies = await load.stop();
    const acknowledged = replies.filter(({ status, error }) => status === 200 && error === null);
    const others = replies.filter((reply) => !acknowledged.includes(reply));
    expect(others.filter((reply) => !isToldToWait(reply))).toEqual([]);
    expect(others.length).toBeLessThan(replies.length / 20);
    const stored = [first, second, ...fresh].flatMap(({ kafka }) => kafka.written);
    expect(stored).toHaveLength(acknowledged.length);
  });
});
