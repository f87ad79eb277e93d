import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export type FakeAppApi = {
  readonly url: string;
  /** How the next calls are answered, in turn; the last one for all that follow. */
  answers: Answer[];
  readonly calls: {
    readonly method: string | undefined;
    readonly url: string | undefined;
    readonly headers: IncomingMessage['headers'];
  }[];
  readonly close: () => Promise<void>;
};

/** An answer of a status with a body. */
export const say =
  (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

/** The published answer of `GET /v1/info/ip_addresses`. */
export const list = (...addresses: unknown[]): Answer =>
  say(200, JSON.stringify({ ip_addresses: addresses }), { 'Content-Type': 'application/json' });

/** Customer.io's App API on loopback, as far as its published contract says how it answers. */
export async function startFakeAppApi(): Promise<FakeAppApi> {
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    fake.calls.push({ method, url, headers });
    const [answer] = fake.answers.length > 1 ? fake.answers.splice(0, 1) : fake.answers;
    answer?.(response, request);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const fake: FakeAppApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers: [],
    calls: [],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return fake;
}
