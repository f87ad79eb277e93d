import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { SIGNING_KEY } from './settings.ts';

export type Exchange = {
  /** Status of each answer, in order. */
  readonly statuses: readonly number[];
  readonly text: string;
  /** Whether the connection was reset rather than ended. */
  readonly isReset: boolean;
  readonly elapsedMs: number;
};

/** Parts to write, with a pause (ms) between them. */
export type Script = {
  readonly parts: readonly (string | Uint8Array)[];
  readonly pauseMs?: number;
  /** Closes our side after the last part. */
  readonly isHalfClosed?: boolean;
  /** Ends the exchange after this many complete answers; else when the server closes. */
  readonly answers?: number;
};

const STATUS = /HTTP\/1\.1 (\d{3}) /g;
const EXCHANGE_TIMEOUT_MS = 8_000;

/** Writes bytes to a port as they are and collects what comes back. */
export function exchange(port: number, script: Script): Promise<Exchange> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    let text = '';
    let isReset = false;
    const statuses = (): number[] =>
      [...text.matchAll(STATUS)].map((match) => Number(match[1])).filter((each) => each >= 200);
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const elapsedMs = performance.now() - startedAt;
      resolve({ statuses: statuses(), text, isReset, elapsedMs });
    };
    const timer = setTimeout(finish, EXCHANGE_TIMEOUT_MS);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (script.answers !== undefined && statuses().length >= script.answers) {
        setTimeout(finish, 20);
      }
    });
    socket.on('end', finish);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      isReset ||= error.code === 'ECONNRESET' || error.code === 'EPIPE';
    });
    socket.on('close', finish);
    const write = async (): Promise<void> => {
      for (const [at, part] of script.parts.entries()) {
        if (at > 0) {
          await new Promise((next) => {
            setTimeout(next, script.pauseMs ?? 0);
          });
        }
        if (socket.destroyed) return;
        socket.write(part);
      }
      if (script.isHalfClosed) socket.end();
    };
    void write();
  });
}

export const PATH = '/v1/webhooks/customerio/reporting';

/** Signature of a body, at a timestamp in Unix seconds. */
export const signatureOf = (
  body: Uint8Array | string,
  timestamp: string,
  key = SIGNING_KEY,
): string => createHmac('sha256', key).update(`v0:${timestamp}:`).update(body).digest('hex');

/** The lines of a signed head, without the request line and without an end. */
export function signedLines(body: Uint8Array | string, key = SIGNING_KEY): string[] {
  const timestamp = String(Math.floor(Date.now() / 1000));
  return [
    'Host: landed.example',
    `X-CIO-Timestamp: ${timestamp}`,
    `X-CIO-Signature: ${signatureOf(body, timestamp, key)}`,
  ];
}

/** A complete request as bytes. */
export function request(
  body: Uint8Array | string,
  options: {
    readonly lines?: readonly string[];
    readonly method?: string;
    readonly path?: string;
    readonly length?: string | null;
    readonly version?: string;
  } = {},
): Buffer {
  const content = Buffer.from(body);
  const { lines = signedLines(content), method = 'POST', path = PATH } = options;
  const { length = String(content.length), version = 'HTTP/1.1' } = options;
  const head = [
    `${method} ${path} ${version}`,
    ...lines,
    ...(length === null ? [] : [`Content-Length: ${length}`]),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), content]);
}

export const event = (eventId: string, more: object = {}): string =>
  JSON.stringify({
    event_id: eventId,
    object_type: 'email',
    metric: 'sent',
    timestamp: Math.floor(Date.now() / 1000),
    data: { identifiers: { cio_id: 'a90c07000041' }, ...more },
  });
