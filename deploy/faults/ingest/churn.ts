import { connect } from 'node:net';
import { waitUntil } from '../../local/stack/wait-until.ts';
import { payloadBody } from '../../traffic/payload.ts';
import { signedHeaders } from '../../traffic/sign.ts';
import { tally } from './attempts.ts';
import type { Fault } from './fault.ts';
import { nothingLost, memoryWithin } from './laws.ts';
import { ATTACK_ADDRESSES } from './slow-client.ts';
import { tryFault } from './trial.ts';
import type { Instance } from './instance.ts';

const CALM_MS = 3_000;
const AFTER_MS = 2_000;
const AT_ONCE = 48;
const WAIT_MS = 5_000;
const GROWTH_BYTES_MAX = 50e6;
/** Growth counts from here: the first connections warm code and pools up. */
const WARM_UP_SHARE = 0.1;
const DESCRIPTORS_SPARE = 20;
const DESCRIPTORS_BACK_MS = 10_000;
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

type Result = { readonly word: string; readonly isStored: boolean };

/** Opens, sends, reads the answer (but for resets), closes. Never rejects. */
function runErrand(port: number, localAddress: string, errand: Errand): Promise<Result> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    let text = '';
    let failure = '';
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? '';
      resolve({ word: status || failure || 'no answer', isStored: status === '200' });
    };
    const timer = setTimeout(finish, WAIT_MS);
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      if (errand.isReset) {
        socket.write(errand.bytes, () => {
          socket.resetAndDestroy();
          failure = 'reset by us';
        });
      } else if (errand.bytes === '') socket.end();
      else socket.write(errand.bytes);
      // What is cut in the middle would only wait for the service to lose its patience.
      if (errand.bytes.endsWith('cut')) socket.end();
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
  readonly answers: ReadonlyMap<string, number>;
  readonly validRefused: number;
  readonly warmBytes: number;
};

async function churnThrough(instance: Instance, count: number, key: string): Promise<Churned> {
  const acknowledged: string[] = [];
  const results: { status: number; word: string }[] = [];
  let validRefused = 0;
  let next = 0;
  let warmBytes = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const at = next++;
      if (at === Math.floor(count * WARM_UP_SHARE)) warmBytes = instance.vitals().residentBytes;
      const errand = errandOf(at, key);
      const address = ATTACK_ADDRESSES[at % ATTACK_ADDRESSES.length] ?? '';
      const { word, isStored } = await runErrand(instance.port, address, errand);
      results.push({ status: 0, word });
      if (errand.id === null || errand.isReset) continue;
      if (isStored) acknowledged.push(errand.id);
      else if (word !== '503') validRefused += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const answers = tally(results.map((each) => ({ ...each, dueAt: 0, tookMs: 0 })));
  return { acknowledged, answers, validRefused, warmBytes };
}

export const churn: Fault = {
  name: 'churn',
  about: 'connections opened and closed, with a valid request, garbage or a reset',
  run: (context) => {
    const { churn: count } = context.options;
    return tryFault(context, {
      calmMs: CALM_MS,
      afterMs: AFTER_MS,
      act: async ({ world, instance }) => {
        context.tell(`churn: ${count} connections, ${AT_ONCE} at once`);
        const before = instance.vitals();
        const begin = performance.now();
        const churned = await churnThrough(instance, count, world.signingKey);
        const seconds = (performance.now() - begin) / 1000;
        const most = before.descriptors + DESCRIPTORS_SPARE;
        const backAt = performance.now();
        await waitUntil({
          what: 'the descriptors back where they were',
          isDone: () => Promise.resolve(instance.vitals().descriptors <= most),
          deadlineMs: DESCRIPTORS_BACK_MS,
        }).catch(() => undefined);
        const after = instance.vitals();
        return {
          laws: [
            nothingLost(
              churned.acknowledged,
              await world.rawEventIds(),
              'acknowledged in the churn, not in the raw topic',
            ),
            {
              name: 'valid calls met by anything but 200 and 503',
              asked: '0',
              measured: String(churned.validRefused),
              holds: churned.validRefused === 0,
            },
            memoryWithin(after.residentBytes - churned.warmBytes, GROWTH_BYTES_MAX),
            {
              name: 'descriptors before, after',
              asked: 'as before',
              measured: `${before.descriptors}, ${after.descriptors}`,
              holds: after.descriptors <= most,
            },
          ],
          figures: {
            'connections a second': (count / seconds).toFixed(0),
            'seconds of churn': seconds.toFixed(1),
            'descriptors back after ms': (performance.now() - backAt).toFixed(0),
            'churn answers': [...churned.answers].map(([word, n]) => `${n} x ${word}`).join(', '),
          },
        };
      },
      judge: () => ({ laws: [], figures: {} }),
    });
  },
};
