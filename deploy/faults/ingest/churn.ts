import { connect } from 'node:net';
import { payloadBody } from '../../traffic/payload.ts';
import { signedHeaders } from '../../traffic/sign.ts';
import { quantile, tally, tookMs } from './attempts.ts';
import type { Fault } from './fault.ts';
import { wallNow } from './good-sender.ts';
import type { Attempt } from './good-sender.ts';
import { memoryWithin } from './laws.ts';
import { ATTACK_ADDRESSES } from './slow-client.ts';
import { tryFault } from './trial.ts';
import type { Instance } from './instance.ts';

const AT_ONCE = 48;
const WAIT_MS = 5_000;
const GROWTH_BYTES_MAX = 50e6;
/** Growth counts from here: the first connections warm code and pools up. */
const WARM_UP_SHARE = 0.3;
const GARBAGE = [
  'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
  '\u0016\u0003\u0001 not http at all\r\n\r\n',
  'POST /v1/webhooks/customerio/reporting HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}',
  'POST /v1/webhooks/customerio/reporting HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{"cut',
  '',
] as const;

/** How one connection goes: what it sends, and whether it is reset instead of ended. */
type Errand = { readonly id: string | null; readonly bytes: string; readonly isReset: boolean };

function validRequest(key: string, eventId: string): string {
  const body = payloadBody({
    eventId,
    objectType: 'email',
    metric: 'sent',
    occurredAt: Date.now(),
    data: { delivery_id: eventId, identifiers: { id: eventId } },
  });
  const lines = Object.entries({
    host: 'landed.example',
    ...signedHeaders(key, Date.now(), body),
    'content-length': String(body.length),
  }).map(([name, value]) => `${name}: ${value}`);
  const head = ['POST /v1/webhooks/customerio/reporting HTTP/1.1', ...lines].join('\r\n');
  return `${head}\r\n\r\n${body.toString()}`;
}

/** Two of three are valid; one of four ends by a reset. */
function errandOf(at: number, key: string): Errand {
  const isReset = at % 4 === 3;
  if (at % 3 === 2) return { id: null, bytes: GARBAGE[at % GARBAGE.length] ?? '', isReset };
  const id = `churn-${at}`;
  return { id, bytes: validRequest(key, id), isReset };
}

type Result = { readonly status: number; readonly word: string };

/** Opens, sends, reads the answer (but for resets), closes. Never rejects. */
function runErrand(port: number, localAddress: string, errand: Errand): Promise<Result> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    let text = '';
    let failure = '';
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);
      resolve({ status, word: failure || 'no answer' });
    };
    const timer = setTimeout(finish, WAIT_MS);
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      if (errand.isReset) {
        socket.write(errand.bytes, () => {
          socket.resetAndDestroy();
          failure = 'reset by us';
        });
        return;
      }
      // What says nothing, or stops in the middle, ends by our own end.
      if (errand.bytes === '' || errand.bytes.endsWith('cut')) socket.end(errand.bytes);
      else socket.write(errand.bytes);
    });
    socket.on('data', (part: string) => {
      text += part;
      if (text.includes('\r\n\r\n')) finish();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      failure ||= error.code ?? 'error';
    });
    socket.on('close', finish);
  });
}

type Churned = {
  readonly acknowledged: readonly string[];
  readonly answers: readonly Attempt[];
  readonly validRefused: number;
  readonly warmBytes: number;
};

async function churnThrough(instance: Instance, count: number, key: string): Promise<Churned> {
  const acknowledged: string[] = [];
  const answers: Attempt[] = [];
  let validRefused = 0;
  let next = 0;
  let warmBytes = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const at = next++;
      if (at === Math.floor(count * WARM_UP_SHARE)) warmBytes = instance.vitals().residentBytes;
      const errand = errandOf(at, key);
      const address = ATTACK_ADDRESSES[at % ATTACK_ADDRESSES.length] ?? '';
      const dueAt = wallNow();
      const result = await runErrand(instance.port, address, errand);
      answers.push({ ...result, dueAt, tookMs: wallNow() - dueAt });
      if (errand.id === null || errand.isReset) continue;
      if (result.status === 200) acknowledged.push(errand.id);
      else if (result.status !== 503) validRefused += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { acknowledged, answers, validRefused, warmBytes };
}

export const churn: Fault = {
  name: 'churn',
  about: 'connections opened and closed, with a valid request, garbage or a reset',
  run: (context) => {
    const { churn: count } = context.options;
    return tryFault(context, {
      act: async ({ world, instance }) => {
        context.tell(`churn: ${count} connections, ${AT_ONCE} at once`);
        const begin = performance.now();
        const churned = await churnThrough(instance, count, world.signingKey);
        const seconds = (performance.now() - begin) / 1000;
        const after = instance.vitals();
        return {
          acknowledged: churned.acknowledged,
          laws: [
            {
              name: 'valid calls met by anything but 200 and 503',
              asked: '0',
              measured: String(churned.validRefused),
              holds: churned.validRefused === 0,
            },
            memoryWithin(after.residentBytes - churned.warmBytes, GROWTH_BYTES_MAX),
          ],
          figures: {
            'connections a second': (count / seconds).toFixed(0),
            'seconds of churn': seconds.toFixed(1),
            'churn answers': [...tally(churned.answers)]
              .map(([word, n]) => `${n} x ${word}`)
              .join(', '),
            'churn p50, p99 ms': [0.5, 0.99]
              .map((share) => quantile(tookMs(churned.answers), share).toFixed(1))
              .join(', '),
          },
        };
      },
      judge: () => ({ laws: [], figures: {} }),
    });
  },
};
