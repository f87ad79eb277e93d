import { createHmac, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { build } from 'hdr-histogram-js';
import type { Histogram } from 'hdr-histogram-js';

/*
 * The sender of one measurement, as a child. Signed requests are made beforehand; each is about
 * another event. Closed loop: every connection sends when it has its answer. Open loop (`rate`):
 * a fixed schedule, latency counted from the scheduled instant.
 */

/** What to do, told by the parent. */
export type LoadOrder = {
  readonly port: number;
  readonly key: string;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  /** Requests a second over all connections; 0: closed loop. */
  readonly rate: number;
};

/** What came of it, told when the warm-up is over (`isStarted`) and at the end. */
export type LoadReport = {
  readonly isStarted: boolean;
  readonly requests: number;
  readonly failures: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
};

const REQUESTS = 20_000;
const LENGTH = /\r\nContent-Length: (\d+)\r\n/i;

/** Bodies of 600 to 1,400 bytes, as reporting webhooks have them. */
function makeRequest(at: number, key: string): Buffer {
  const now = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({
    data: {
      campaign_id: 31,
      action_id: 502,
      delivery_id: `dg${randomBytes(15).toString('base64url')}`,
      identifiers: {
        id: `u-${at}`,
        email: `p${at}@example.org`,
        cio_id: `a90c07${at.toString(16)}`,
      },
      customer_id: `u-${at}`,
      recipient: `p${at}@example.org`,
      subject: 'Your cart is waiting',
      href: `https://shop.example/p/${randomBytes(100 + (at % 300)).toString('hex')}`,
      link_id: at % 9,
    },
    event_id: `01K9Z6${at.toString(36).toUpperCase().padStart(20, '0')}`,
    object_type: 'email',
    metric: 'clicked',
    timestamp: now,
  });
  const signature = createHmac('sha256', key).update(`v0:${now}:`).update(body).digest('hex');
  const head = [
    'POST /v1/webhooks/customerio/reporting HTTP/1.1',
    'Host: landed.example',
    'User-Agent: bench',
    'Content-Type: application/json',
    `X-CIO-Timestamp: ${now}`,
    `X-CIO-Signature: ${signature}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Whether an answer is here to its last byte. */
function isWhole(text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n');
  return headEnd >= 0 && text.length >= headEnd + 4 + Number(LENGTH.exec(text)?.[1] ?? 0);
}

type Lane = {
  socket: Socket;
  /** When the request under way was due, or null. */
  dueAt: number | null;
};

/** One connection. The server ends it after a number of requests, as it says; another follows. */
async function openLane(
  port: number,
  onAnswer: (lane: Lane, isStored: boolean) => void,
): Promise<Lane> {
  const lane: Lane = { socket: await openSocket(port), dueAt: null };
  const read = (socket: Socket): void => {
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
      if (!isWhole(text)) return;
      const isStored = text.startsWith('HTTP/1.1 200');
      const isLast = text.includes('\r\nConnection: close\r\n');
      text = '';
      if (isLast) void reopen(isStored);
      else onAnswer(lane, isStored);
    });
  };
  const reopen = async (isStored: boolean): Promise<void> => {
    lane.socket.destroy();
    lane.socket = await openSocket(port);
    read(lane.socket);
    onAnswer(lane, isStored);
  };
  read(lane.socket);
  return lane;
}

function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    socket.once('connect', () => resolve(socket)).once('error', reject);
  });
}

async function run(order: LoadOrder): Promise<void> {
  const { port, key, connections, warmUpMs, durationMs, rate } = order;
  const requests = Array.from({ length: REQUESTS }, (_, at) => makeRequest(at, key));
  let histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
  });
  let sent = 0;
  let answered = 0;
  let failures = 0;
  let isOver = false;
  const free: Lane[] = [];
  const due: number[] = [];
  const send = (lane: Lane, dueAt: number): void => {
    lane.dueAt = dueAt;
    lane.socket.write(requests[sent % REQUESTS] ?? '');
    sent += 1;
  };
  const onAnswer = (lane: Lane, isStored: boolean): void => {
    answered += 1;
    if (!isStored) failures += 1;
    histogram.recordValue(Math.max(1, Math.round((performance.now() - (lane.dueAt ?? 0)) * 1000)));
    if (isOver) return;
    if (rate === 0) send(lane, performance.now());
    else if (due.length > 0) send(lane, due.shift() ?? 0);
    else free.push(lane);
  };
  for (let at = 0; at < connections; at += 1) free.push(await openLane(port, onAnswer));
  const startedAt = performance.now();
  let scheduled = 0;
  const schedule = (): void => {
    while (scheduled < ((performance.now() - startedAt) * rate) / 1000) {
      due.push(startedAt + (scheduled * 1000) / rate);
      scheduled += 1;
    }
    while (due.length > 0 && free.length > 0) {
      // In turn: one that never spoke would be ended by its server.
      const lane = free.shift();
      if (lane) send(lane, due.shift() ?? 0);
    }
  };
  const pacing = rate > 0 ? setInterval(schedule, 1) : undefined;
  if (rate === 0) for (const lane of free.splice(0)) send(lane, performance.now());

  const report = (isStarted: boolean): void => {
    const p50Ms = histogram.getValueAtPercentile(50) / 1000;
    const p99Ms = histogram.getValueAtPercentile(99) / 1000;
    process.send?.({ isStarted, requests: answered, failures, p50Ms, p99Ms } satisfies LoadReport);
  };
  setTimeout(() => {
    answered = 0;
    histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });
    report(true);
  }, warmUpMs);
  setTimeout(() => {
    isOver = true;
    clearInterval(pacing);
    report(false);
  }, warmUpMs + durationMs);
}

process.on('message', (order: LoadOrder) => void run(order));
process.on('disconnect', () => process.exit(0));
