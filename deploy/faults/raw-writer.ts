import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka, Producer } from 'kafkajs';
import { durableSend, ingestProducerOptions } from '@landed/schemas/kafka';
import type { RawRecord } from './raw-events.ts';

export type RawWriterOptions = {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly make: () => RawRecord;
  readonly events: number;
  readonly perSecond: number;
};

const EVERY_MS = 50;

/**
 * Writes raw records at a steady rate, riding out every outage of the broker. After an error a batch is
 * written again: records may come twice, as they may from ingest.
 */
export async function writeRaw(options: RawWriterOptions): Promise<void> {
  const { kafka, topic, make, events, perSecond } = options;
  const perBatch = Math.max(1, Math.round((perSecond * EVERY_MS) / 1_000));
  let producer: Producer | null = null;
  for (let written = 0; written < events;) {
    const count = Math.min(perBatch, events - written);
    const messages = Array.from({ length: count }, make);
    for (let isWritten = false; !isWritten;) {
      try {
        producer ??= await connected(kafka);
        await producer.send({ topic, messages, ...durableSend });
        isWritten = true;
      } catch {
        // The broker is away, as planned: a new producer tries until it is back.
        await producer?.disconnect().catch(() => undefined);
        producer = null;
        await sleep(200);
      }
    }
    written += count;
    await sleep(EVERY_MS);
  }
  await producer?.disconnect();
}

async function connected(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer(ingestProducerOptions);
  await producer.connect();
  return producer;
}
