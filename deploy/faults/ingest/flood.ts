import { createHmac } from 'node:crypto';
import { createLane } from './flood-lane.ts';
import type { Lane, LaneAnswer } from './flood-lane.ts';
import { ATTACK_ADDRESSES } from './slow-client.ts';

/*
 * Many signed calls, as a process of its own. First message: the order; answered when it is done.
 * Closed loop: each connection sends when it has its answer. Open loop: a fixed schedule over
 * whatever connections are free.
 */

export type FloodOrder = {
  readonly port: number;
  readonly key: string;
  readonly idPrefix: string;
  readonly connections: number;
  readonly durationMs: number;
  /** Left out of the figures, at the beginning. */
  readonly warmUpMs: number;
  /** Calls a second; 0: closed loop. */
  readonly rate: number;
};

export type FloodReport = {
  /** Answers after the warm-up. */
  readonly stored: number;
  readonly unavailable: number;
  readonly others: number;
  /** Calls that were due and for which no connection was free. */
  readonly unsent: number;
  /** From the write to the answer, ms. */
  readonly storedMs: Float64Array;
  readonly unavailableMs: Float64Array;
  /** Numbers of the events that got a 2xx, warm-up included. */
  readonly acknowledged: Uint32Array;
};

const PACE_MS = 1;
const DRAIN_MS = 5_000;

function makeSigner(key: string): (id: string) => string {
  return (id) => {
    const now = String(Math.floor(Date.now() / 1000));
    const body = `{"data":{"delivery_id":"dg${id}","identifiers":{"id":"${id}"},"recipient":"p@example.org","subject":"Your cart is waiting","campaign_id":31},"event_id":"${id}","object_type":"email","metric":"sent","timestamp":${now}}`;
    const mac = createHmac('sha256', key).update(`v0:${now}:${body}`).digest('hex');
    return `POST /v1/webhooks/customerio/reporting HTTP/1.1\r\nHost: landed.example\r\nContent-Type: application/json\r\nX-CIO-Timestamp: ${now}\r\nX-CIO-Signature: ${mac}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };
}

/** What came of the calls. */
function createTally(startsAt: number): {
  readonly note: (number: number, answer: LaneAnswer) => void;
  readonly report: (unsent: number) => FloodReport;
} {
  const acknowledged: number[] = [];
  const storedMs: number[] = [];
  const unavailableMs: number[] = [];
  let others = 0;
  return {
    note: (number, { status, tookMs }) => {
      if (status === 200) acknowledged.push(number);
      if (status !== 200 && status !== 503) others += 1;
      if (performance.now() < startsAt) return;
      if (status === 200) storedMs.push(tookMs);
      if (status === 503) unavailableMs.push(tookMs);
    },
    report: (unsent) => ({
      stored: storedMs.length,
      unavailable: unavailableMs.length,
      others,
      unsent,
      storedMs: Float64Array.from(storedMs),
      unavailableMs: Float64Array.from(unavailableMs),
      acknowledged: Uint32Array.from(acknowledged),
    }),
  };
}

function run(order: FloodOrder): void {
  const { port, key, idPrefix, connections, durationMs, warmUpMs, rate } = order;
  const requestOf = makeSigner(key);
  const startedAt = performance.now();
  const endsAt = startedAt + warmUpMs + durationMs;
  const tally = createTally(startedAt + warmUpMs);
  const lanes = Array.from({ length: connections }, (_, at) =>
    createLane({
      port,
      localAddress: ATTACK_ADDRESSES[at % ATTACK_ADDRESSES.length] ?? '127.0.0.1',
    }),
  );
  const free = [...lanes];
  let sent = 0;
  let due = 0;
  const send = (lane: Lane): void => {
    const number = sent++;
    lane.send(requestOf(`${idPrefix}${number}`), (answer) => {
      tally.note(number, answer);
      if (performance.now() < endsAt && (rate === 0 || sent < due)) send(lane);
      else free.push(lane);
    });
  };
  const pacing = setInterval(() => {
    const now = performance.now();
    if (now < endsAt) {
      due = rate === 0 ? Infinity : ((now - startedAt) * rate) / 1000;
      while (sent < due) {
        const lane = free.pop();
        if (!lane) break;
        send(lane);
      }
      return;
    }
    if (free.length < lanes.length && now < endsAt + DRAIN_MS) return;
    clearInterval(pacing);
    for (const lane of lanes) lane.close();
    process.send?.(tally.report(rate === 0 ? 0 : Math.max(0, Math.round(due - sent))));
  }, PACE_MS);
}

process.on('message', (order: FloodOrder) => run(order));
process.on('disconnect', () => process.exit(0));
