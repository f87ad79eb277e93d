import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readLedger } from '../../traffic/ledger.ts';
import type { LedgerEntry } from '../../traffic/ledger.ts';
import { runTraffic } from '../../traffic/run-traffic.ts';
import type { TrafficLine } from '../../traffic/run-traffic.ts';
import type { TrafficSettings } from '../../traffic/settings.ts';
import { startReceiver, stored } from './receiver.ts';
import type { Behaviour, Receiver } from './receiver.ts';

const KEY = 'a-signing-key-of-this-test';

let folder: string;
let receiver: Receiver | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sender-'));
});
afterEach(async () => {
  await receiver?.close();
  await rm(folder, { recursive: true });
});

const never = new AbortController().signal;

function settings(url: URL, given: Partial<TrafficSettings> = {}): TrafficSettings {
  return {
    url,
    workspace: 'acme',
    key: KEY,
    rate: 400,
    events: 60,
    seed: '1',
    ledger: folder,
    order: 'independent',
    inFlightMax: 16,
    waitingMax: 100,
    timeoutMs: 300,
    retryMs: 20,
    retryMaxMs: 60,
    longWaitMs: 40,
    ...given,
  };
}

async function run(behave: Behaviour, given: Partial<TrafficSettings> = {}, signal = never) {
  receiver = await startReceiver(KEY, behave);
  const lines: TrafficLine[] = [];
  const isWhole = await runTraffic(
    settings(receiver.url, given),
    (line) => lines.push(line),
    signal,
  );
  const entries: LedgerEntry[] = [];
  for await (const entry of readLedger(folder)) entries.push(entry);
  const end = lines.at(-1);
  if (end?.at !== 'end') throw new Error('a run ends with its totals');
  return { isWhole, lines, entries, end, received: receiver.received };
}

const refuse =
  (status: number, times: number): Behaviour =>
  (call, response, body) => {
    if (call >= times) {
      stored(call, response, body);
      return;
    }
    response.statusCode = status;
    response.end();
  };

describe('the sender', () => {
  test('sends every call once, signed, and has each acknowledgement on record', async () => {
    const { isWhole, entries, end, received } = await run(stored);
    expect(isWhole).toBe(true);
    expect(received).toHaveLength(60);
    expect(received.every(({ isAuthentic }) => isAuthentic)).toBe(true);
    expect(entries).toHaveLength(60);
    expect(
      entries.every(({ acknowledgedAt, attempts }) => acknowledgedAt !== null && attempts === 1),
    ).toBe(true);
    expect(end).toMatchObject({ sent: 60, acknowledged: 60, stored: 60, waiting: 0, retries: 0 });
  });

  test('keeps apart what was quarantined, with its reason', async () => {
    const { entries, end } = await run((call, response, body) => {
      if (call % 3 > 0) {
        stored(call, response, body);
        return;
      }
      response.end('{"status":"quarantined","reason":"not_json"}');
    });
    expect(end).toMatchObject({ stored: 40, quarantined: 20 });
    const quarantined = entries.filter(({ word }) => word === 'quarantined');
    expect(quarantined.map(({ reason }) => reason)).toEqual(Array(20).fill('not_json'));
  });

  test.each([503, 500, 401])('tries again after %i until it is acknowledged', async (status) => {
    const { isWhole, entries, end } = await run(refuse(status, 10));
    expect(isWhole).toBe(true);
    // A busy machine may let a call run into its time limit beside those that were refused.
    expect(end.retries).toBeGreaterThanOrEqual(10);
    expect(entries.filter(({ attempts }) => attempts > 1).length).toBeGreaterThan(0);
  });

  test('tries again when no answer comes in time, with the same bytes', async () => {
    const { isWhole, received, end } = await run(
      (call, response, body) => {
        if (call > 0) stored(call, response, body);
      },
      { events: 5 },
    );
    expect(isWhole).toBe(true);
    expect(end.retries).toBe(1);
    expect(received).toHaveLength(6);
    const first = received[0]!.body;
    expect(received.filter(({ body }) => body.equals(first))).toHaveLength(2);
  });

  test('tries again when the connection is cut', async () => {
    const { isWhole, end } = await run((call, response, body) => {
      if (call < 3) response.destroy();
      else stored(call, response, body);
    });
    expect(isWhole).toBe(true);
    expect(end.retries).toBeGreaterThanOrEqual(3);
  });

  test('is an open loop: a slow answer delays neither the others nor hides in the latency', async () => {
    const { received, end } = await run(
      (call, response, body) => {
        setTimeout(() => stored(call, response, body), call === 0 ? 200 : 0);
      },
      { events: 40, rate: 200 },
    );
    expect(received[39]!.at - received[0]!.at).toBeLessThan(300);
    expect(end.max_ms).toBeGreaterThanOrEqual(195);
    expect(end.p50_ms).toBeLessThan(100);
  });

  test('latency counts from the intended instant, also of calls that had to wait in line', async () => {
    const { end } = await run(
      (call, response, body) => {
        setTimeout(() => stored(call, response, body), 20);
      },
      { events: 20, rate: 1000, inFlightMax: 1 },
    );
    // 20 calls due within 20 ms, one at a time, 20 ms each: the last one waits for 380 ms.
    expect(end.max_ms).toBeGreaterThan(350);
  });

  test('behind a failed call every later one waits, in order', async () => {
    const { received, isWhole } = await run(refuse(503, 3), { order: 'behind', events: 10 });
    expect(isWhole).toBe(true);
    const bodies = received.map(({ body }) => body.toString());
    expect(new Set(bodies.slice(0, 4)).size).toBe(1);
    expect(new Set(bodies.slice(3)).size).toBe(10);
  });

  test('never holds more calls than it may', async () => {
    let open = 0;
    let most = 0;
    await run(
      (call, response, body) => {
        open += 1;
        most = Math.max(most, open);
        setTimeout(() => {
          open -= 1;
          stored(call, response, body);
        }, 10);
      },
      { inFlightMax: 4, rate: 2000 },
    );
    expect(most).toBeLessThanOrEqual(4);
  });

  test('stopped, it ends its attempts and says that the run is not whole', async () => {
    const stop = new AbortController();
    const { isWhole, entries } = await run(
      (call, response, body) => {
        if (call === 20) stop.abort();
        stored(call, response, body);
      },
      { events: 10_000 },
      stop.signal,
    );
    expect(isWhole).toBe(false);
    expect(entries.length).toBeGreaterThan(20);
    expect(entries.length).toBeLessThan(300);
  });

  test('a second run in the same folder is the next run, with other ids', async () => {
    const first = await run(stored, { events: 20 });
    await receiver?.close();
    const second = await run(stored, { events: 20 });
    expect(second.lines[0]).toMatchObject({ at: 'start', run: 2 });
    const ids = second.entries.map(({ eventId, kind, run: number }) =>
      kind === 'event' ? [number, eventId] : [number, null],
    );
    expect(first.entries).toHaveLength(20);
    const firstIds = new Set(ids.filter(([number]) => number === 1).map(([, id]) => id));
    expect(ids.some(([number, id]) => number === 2 && id !== null && firstIds.has(id))).toBe(false);
  });
});
