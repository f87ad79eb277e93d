import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** What one request came to: its status, or 0 when the connection ended without an answer. */
export type LaneAnswer = { readonly status: number; readonly tookMs: number };

/** One connection after another, with one request on its way at most. */
export type Lane = {
  readonly send: (bytes: string, onAnswer: (answer: LaneAnswer) => void) => void;
  readonly close: () => void;
};

export type LaneOptions = { readonly port: number; readonly localAddress: string };

const STATUS = /^HTTP\/1\.1 (\d{3}) /;
const isWhole = (text: string): boolean => text.endsWith('}') && text.includes('\r\n\r\n');

/** A lane that opens its connection when it has something to send, and keeps it while it may. */
export function createLane({ port, localAddress }: LaneOptions): Lane {
  let socket: Socket | null = null;
  let text = '';
  let sentAt = 0;
  let waiting: ((answer: LaneAnswer) => void) | null = null;

  const settle = (status: number): void => {
    const tell = waiting;
    waiting = null;
    text = '';
    tell?.({ status, tookMs: performance.now() - sentAt });
  };
  const open = (): Socket => {
    const fresh = connect({ host: '127.0.0.1', port, localAddress, noDelay: true });
    const forget = (): void => {
      if (socket !== fresh) return;
      socket = null;
      settle(0);
    };
    fresh.setEncoding('latin1').on('data', (part: string) => {
      if (socket !== fresh) return;
      text += part;
      if (!isWhole(text)) return;
      const status = Number(STATUS.exec(text)?.[1] ?? 0);
      if (text.includes('\r\nConnection: close\r\n')) {
        socket = null;
        fresh.end();
      }
      settle(status);
    });
    fresh
      .on('error', () => undefined)
      .on('end', forget)
      .on('close', forget);
    return fresh;
  };
  return {
    send: (bytes, onAnswer) => {
      waiting = onAnswer;
      sentAt = performance.now();
      socket ??= open();
      socket.write(bytes);
    },
    close: () => {
      waiting = null;
      socket?.destroy();
    },
  };
}
