import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signature } from '../../traffic/sign.ts';

export type ReceivedCall = {
  readonly body: Buffer;
  readonly isAuthentic: boolean;
  readonly at: number;
};

export type Receiver = {
  readonly url: URL;
  readonly received: readonly ReceivedCall[];
  readonly close: () => Promise<void>;
};

/** Answers one call; `call` counts from 0. */
export type Behaviour = (call: number, response: ServerResponse, body: Buffer) => void;

export const stored: Behaviour = (_, response) => response.end('{"status":"stored"}');

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** A webhook endpoint on a free port that checks signatures and behaves as told. */
export async function startReceiver(key: string, behave: Behaviour = stored): Promise<Receiver> {
  const received: ReceivedCall[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const expected = signature(key, String(request.headers['x-cio-timestamp']), body);
      received.push({
        body,
        isAuthentic: request.headers['x-cio-signature'] === expected,
        at: performance.timeOrigin + performance.now(),
      });
      behave(received.length - 1, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`),
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
