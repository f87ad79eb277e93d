import { Partitioners } from 'kafkajs';
import type { Kafka, Producer } from 'kafkajs';
import type { RawWebhook } from '@landed/schemas/events.gen';
import { durableSend, ingestProducerOptions } from '@landed/schemas/kafka';
import type { Logger } from 'pino';
import { within } from '../log/deadline.ts';

/** Writes ticks: records that say nothing but that time has passed. */
export interface TickWriter {
  /** Asks for a tick in a partition. More than one a second are not written. */
  readonly request: (partition: number) => void;
  readonly close: () => Promise<void>;
}

export type TickWriterDeps = {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly encode: (value: RawWebhook) => Buffer;
  readonly now: () => number;
  readonly logger: Logger;
};

const TICK_EVERY_MS = 1_000;
const SEND_MS = 15_000;

/** A tick carries nothing: its append time is what counts. */
export function tickRecord(now: number): RawWebhook {
  return {
    kind: 'tick',
    source: 'landed',
    workspace: '',
    event_id: '',
    received_at: now,
    signature_timestamp: null,
    signing_key_id: null,
    flags: [],
    body: Buffer.alloc(0),
    body_bytes: 0,
    body_sha256: '',
  };
}

/**
 * A plain idempotent producer for all partitions of this process, with one send outstanding. A tick
 * that is lost is written again a second later; one too many is harmless.
 */
export function createTickWriter(deps: TickWriterDeps): TickWriter {
  const { topic, now, logger } = deps;
  const lastAt = new Map<number, number>();
  const wanted = new Set<number>();
  let producer: Producer | null = null;
  let sending: Promise<void> | null = null;

  const send = async (): Promise<void> => {
    const messages = [...wanted].map((partition) => ({
      key: null,
      value: deps.encode(tickRecord(now())),
      partition,
    }));
    wanted.clear();
    try {
      if (producer === null) {
        const createPartitioner = Partitioners.DefaultPartitioner;
        producer = deps.kafka.producer({ ...ingestProducerOptions, createPartitioner });
        await within(producer.connect(), SEND_MS, 'tick producer');
      }
      await within(producer.send({ topic, messages, ...durableSend }), SEND_MS, 'tick');
    } catch (error) {
      logger.warn({ err: error }, 'ticks could not be written, they will be again');
      const dropped = producer;
      producer = null;
      await dropped?.disconnect().catch(() => undefined);
    }
  };
  const sendAll = async (): Promise<void> => {
    while (wanted.size > 0) await send();
    sending = null;
  };

  return {
    request: (partition) => {
      if (now() - (lastAt.get(partition) ?? 0) < TICK_EVERY_MS) return;
      lastAt.set(partition, now());
      wanted.add(partition);
      sending ??= sendAll();
    },
    close: async () => {
      wanted.clear();
      await sending;
      await producer?.disconnect();
    },
  };
}
