import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import express from 'express';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import type { Message, Producer } from 'kafkajs';

/*
 * What a team would write by hand, as floors for the comparison: no envelope, no sealing, no limits,
 * no metrics, no dead letters. Not receivers to copy.
 */

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

/** Verifies as the sender signs; gives the parsed body, or null. */
function verified(request: IncomingMessage, body: Buffer, key: string): unknown {
  const timestamp = String(request.headers['x-cio-timestamp']);
  const signature = Buffer.from(String(request.headers['x-cio-signature']), 'hex');
  const mac = createHmac('sha256', key).update(`v0:${timestamp}:`).update(body).digest();
  if (signature.length !== mac.length || !timingSafeEqual(mac, signature)) return null;
  return JSON.parse(body.toString('utf8')) as unknown;
}

function reply(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

const STORED = '{"status":"stored"}';

/** Answers once the signature holds. */
const answerVerified =
  (key: string): Answer =>
  (request, response, body) => {
    if (verified(request, body, key) === null) reply(response, 401, '{}');
    else reply(response, 200, STORED);
  };

function readBody(answer: Answer): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => answer(request, response, Buffer.concat(chunks)));
  };
}

/** node:http, HMAC, JSON.parse, 200. */
export function verifyingServer(key: string): Server {
  return createServer(readBody(answerVerified(key)));
}

/** The same by express and its raw body parser. */
export function expressServer(key: string): Server {
  const app = express();
  const answer = answerVerified(key);
  app.use(express.raw({ type: () => true, limit: '1mb', inflate: false }));
  app.post('/v1/webhooks/customerio/reporting', (request, response) => {
    answer(request, response, request.body as Buffer);
  });
  return createServer(app);
}

type Waiting = { readonly message: Message; readonly done: () => void };

/** One batch on its way, the next gathers meanwhile. */
function createBatcher(producer: Producer, topic: string): (waiting: Waiting) => void {
  let gathered: Waiting[] = [];
  let isBusy = false;
  const flush = async (): Promise<void> => {
    isBusy = true;
    while (gathered.length > 0) {
      const batch = gathered;
      gathered = [];
      await producer.send({ topic, acks: -1, messages: batch.map(({ message }) => message) });
      for (const { done } of batch) done();
    }
    isBusy = false;
  };
  return (waiting) => {
    gathered.push(waiting);
    if (!isBusy) setImmediate(() => void (isBusy || flush()));
  };
}

/** node:http, HMAC, JSON.parse, kafkajs with acks=all in batches, 200. */
export async function batchingServer(
  key: string,
  brokers: readonly string[],
  topic: string,
): Promise<Server> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.WARN });
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const add = createBatcher(producer, topic);
  return createServer(
    readBody((request, response, body) => {
      const payload = verified(request, body, key) as {
        data?: { identifiers?: { cio_id?: string } };
      } | null;
      if (payload === null) {
        reply(response, 401, '{}');
        return;
      }
      const person = payload.data?.identifiers?.cio_id ?? null;
      add({ message: { key: person, value: body }, done: () => reply(response, 200, STORED) });
    }),
  );
}
