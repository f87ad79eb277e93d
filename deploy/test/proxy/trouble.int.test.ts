import { Agent } from 'node:https';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Reply } from './call.ts';
import { deeds } from './odd-upstream.ts';
import { forEachProxy } from './for-each-proxy.ts';
import { FIRST, SECOND, createStand } from './stand.ts';
import type { Stand } from './stand.ts';

/* What the sender sees when something behind the proxy goes wrong: 503, or nothing at all of it. */

const SENDER_GIVES_UP_MS = 4_000;
const BOTH = [FIRST, SECOND] as const;

const expectLater = (reply: Reply): void => {
  expect(reply).toMatchObject({
    status: 503,
    error: null,
    headers: { 'retry-after': '5', 'content-type': 'application/json' },
    body: '{"status":"unavailable","reason":"proxy"}',
  });
  expect(reply.elapsedMs).toBeLessThan(SENDER_GIVES_UP_MS);
};

forEachProxy('with trouble behind it', (program) => {
  const { name, sampleText } = program;
  // nginx tries the other instance, Caddy asks each one every second how it is.
  const isTryingAgain = name === 'nginx';

  let stand: Stand;
  let agent: Agent;
  beforeEach(async () => {
    stand = await createStand(program);
    agent = new Agent({ keepAlive: true });
  });
  afterEach(async () => {
    agent.destroy();
    await stand.end();
  });

  test('no instance is there: 503, every time', async () => {
    const { send } = await stand.proxy(BOTH);
    for (const id of ['01A', '01B', '01C']) expectLater(await send(id));
  });

  test('no instance takes connections, though both are ready: 503, every time', async () => {
    for (const host of BOTH) await (await stand.upstream(host)).refuse();
    const { send } = await stand.proxy(BOTH);
    for (const id of ['01A', '01B', '01C']) expectLater(await send(id));
  });

  test.each(['reset', 'end', 'halfHead', 'resetInHead'] as const)(
    'both instances end a call without an answer (%s): 503',
    async (deed) => {
      for (const host of BOTH) await stand.upstream(host, deeds[deed]);
      const { send } = await stand.proxy(BOTH);
      for (const id of ['01A', '01B']) expectLater(await send(id));
    },
  );

  const other = isTryingAgain ? 'stored by the other' : '503, or stored by the other';
  test(`one of two instances ends its calls without an answer: ${other}`, async () => {
    await stand.upstream(FIRST, deeds.end);
    const well = await stand.upstream(SECOND);
    const { send } = await stand.proxy(BOTH);
    const replies = [];
    for (let at = 0; at < 10; at += 1) replies.push(await send(`01HALF${at}`, { agent }));
    const stored = replies.filter(({ status }) => status === 200);
    for (const reply of replies) if (!stored.includes(reply)) expectLater(reply);
    expect(well.arrivals).toHaveLength(stored.length);
    if (isTryingAgain) expect(stored).toHaveLength(10);
  });

  const nonsense = name === 'nginx' ? 'passed on, and no answer to anybody' : '503';
  test(`what listens there speaks no HTTP: ${nonsense}`, async () => {
    await stand.upstream(FIRST, deeds.noHttp);
    const { send } = await stand.proxy();
    const reply = await send('01SSH');
    if (name === 'nginx') expect(reply).toMatchObject({ status: 0, error: 'HPE_INVALID_CONSTANT' });
    else expectLater(reply);
  });

  test('an instance that does not answer: 503 before the sender gives up', async () => {
    const first = await stand.upstream(FIRST, deeds.hang);
    const second = await stand.upstream(SECOND, deeds.hang);
    const { send } = await stand.proxy(BOTH);
    const reply = await send('01SLOW');
    expectLater(reply);
    expect(reply.elapsedMs).toBeGreaterThan(3_000);
    // It had its time; the other instance is not asked as well.
    expect(first.arrivals.length + second.arrivals.length).toBe(1);
  });

  test('an answer that breaks off keeps its status: the event was stored', async () => {
    await stand.upstream(FIRST, deeds.resetInBody);
    const { send } = await stand.proxy();
    const reply = await send('01CUT');
    expect(reply.status).toBe(200);
    expect(reply.error).not.toBeNull();
  });

  test('one of two instances is away: every call is stored by the other', async () => {
    const { kafka } = await stand.service(SECOND);
    const { send } = await stand.proxy(BOTH);
    const isNoticed = async (): Promise<boolean> => {
      const replies = [await send('01LOOK'), await send('01LOOK')];
      for (const reply of replies) if (reply.status !== 200) expectLater(reply);
      return replies.every(({ status }) => status === 200);
    };
    if (!isTryingAgain) await expect.poll(isNoticed, { timeout: 5_000 }).toBe(true);
    const before = kafka.written.length;
    for (let at = 0; at < 10; at += 1) {
      const reply = await send(`01PAIR${at}`, { agent });
      expect(reply).toMatchObject({ status: 200, error: null });
      expect(reply.elapsedMs).toBeLessThan(1_000);
    }
    expect(kafka.written).toHaveLength(before + 10);
  });

  test('an instance that closes its idle connections: the next call is stored', async () => {
    const upstream = await stand.upstream(FIRST);
    const { send } = await stand.proxy();
    for (let at = 0; at < 5; at += 1) {
      expect(await send(`01IDLE${at}`, { agent })).toMatchObject({ status: 200, error: null });
      upstream.hangUp();
      await expect.poll(upstream.connections).toBe(0);
    }
  });

  const outcome = isTryingAgain ? 'the call is stored by a new connection' : '503, and then 200';
  test(`an instance resets a kept connection as a call arrives: ${outcome}`, async () => {
    const upstream = await stand.upstream(FIRST, deeds.resetOnSecond);
    const { send } = await stand.proxy();
    expect((await send('01FIRST', { agent })).status).toBe(200);
    const reply = await send('01SECOND', { agent });
    if (isTryingAgain) expect(reply.status).toBe(200);
    else expectLater(reply);
    expect((await send('01THIRD', { agent })).status).toBe(200);
    expect(upstream.arrivals.map(({ place }) => place).slice(0, 3)).toEqual([0, 1, 0]);
  });

  test('HTTP/1.1 behind, connections are kept, each header stands once', async () => {
    const upstream = await stand.upstream(FIRST);
    const { send } = await stand.proxy();
    for (let at = 0; at < 5; at += 1) await send(`01KEPT${at}`, { agent });
    expect(upstream.arrivals.map(({ place }) => place)).toEqual([0, 1, 2, 3, 4]);
    const { requestLine, lines } = upstream.arrivals[0]!;
    expect(requestLine).toBe('POST /v1/webhooks/customerio/reporting HTTP/1.1');
    const names = lines.map((line) => line.split(':')[0]!.toLowerCase());
    for (const header of ['x-cio-signature', 'x-cio-timestamp', 'x-forwarded-for', 'host']) {
      expect(names.filter((each) => each === header)).toEqual([header]);
    }
    expect(names).not.toContain('accept-encoding');
  });

  // Stock Caddy cannot limit the calls of one address.
  if (name === 'nginx') {
    test('more calls at once from one address than its limit: 503; others go on', async () => {
      const limit = Number(/limit_conn per_address (\d+);/.exec(sampleText)?.[1]);
      expect(limit).toBeGreaterThan(0);
      const upstream = await stand.upstream(FIRST, deeds.hang);
      const { send } = await stand.proxy();
      const held = Array.from({ length: limit }, (_, at) => send(`01HELD${at}`));
      await expect.poll(() => upstream.arrivals.length, { timeout: 3_000 }).toBe(limit);
      expectLater(await send('01MORE'));
      upstream.deed = deeds.store;
      expect(await send('01OTHER', { from: '127.0.0.2' })).toMatchObject({ status: 200 });
      for (const { status } of await Promise.all(held)) expect(status).toBe(503);
    });
  }
});
