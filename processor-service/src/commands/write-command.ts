import { createHash, randomUUID } from 'node:crypto';
import { createAddressHasher } from '@landed/schemas/address-hash';
import { createEncoder } from '@landed/schemas/codec';
import type { RawWebhook } from '@landed/schemas/events.gen';
import { OperationError } from '@landed/schemas/fate';
import { durableSend, ingestProducerOptions } from '@landed/schemas/kafka';
import { partitionOf, profileKey } from '@landed/schemas/key';
import { createRegistry } from '@landed/schemas/registry';
import { createSealer } from '@landed/schemas/seal';
import type { Environment } from '@landed/schemas/settings';
import { Partitioners } from 'kafkajs';
import { pino } from 'pino';
import { loadConfig } from '../config.ts';
import { within } from '../log/deadline.ts';
import { createKafka } from '../log/kafka-client.ts';

/** Whom a command is about: at least one of the names. */
export type Addressee = {
  readonly workspace: string;
  readonly cioId: string | null;
  readonly id: string | null;
  readonly email: string | null;
};

/** What the body of a command says beside whom it is about. */
export type Order = Readonly<Record<string, string>>;

export type Written = {
  readonly event_id: string;
  readonly profile_id: string;
  readonly partition: number;
};

const SEND_MS = 30_000;

/**
 * Writes a command into the raw topic, as an event like all others.
 *
 * @param order `{command: 'reinstate'}`, `{command: 'consent', consent, channel?}` or
 *   `{command: 'activity', activity}`
 * @param at when it happened, ms
 * @param eventId the same id again has no second effect
 * @throws SettingsError; OperationError, retriable when a server is away
 */
export async function writeCommand(
  env: Environment,
  to: Addressee,
  order: Order,
  at: number,
  eventId: string = randomUUID(),
): Promise<Written> {
  const config = loadConfig(env);
  const { workspace, cioId, id, email } = to;
  const { hash } = createAddressHasher(config.hashKey);
  const key = profileKey(workspace, { cioId, id, email, deliveryId: null, eventId }, hash);
  const identifiers = { cio_id: cioId, id, email };
  const body = Buffer.from(JSON.stringify({ ...order, occurred_at: at, identifiers }));
  const registry = createRegistry(config.registry);
  const encode = createEncoder('RawWebhook', (await registry.schemaIds()).RawWebhook);
  const record: RawWebhook = {
    kind: 'command',
    source: 'landed',
    workspace,
    event_id: eventId,
    received_at: Date.now(),
    signature_timestamp: null,
    signing_key_id: null,
    flags: [],
    body: createSealer(config.sealKeys).seal(body),
    body_bytes: body.length,
    body_sha256: createHash('sha256').update(body).digest('hex'),
  };
  const partition = partitionOf(key, config.partitions);
  const kafka = createKafka(config.kafka, pino({ level: 'silent' }));
  const createPartitioner = Partitioners.DefaultPartitioner;
  const producer = kafka.producer({ ...ingestProducerOptions, createPartitioner });
  try {
    await within(producer.connect(), SEND_MS, 'Kafka');
    const messages = [{ key, value: encode(record), partition }];
    const sent = await within(
      producer.send({ topic: config.topics.raw, messages, ...durableSend }),
      SEND_MS,
      'Kafka',
    );
    // kafkajs passes over a broker that leads no partition any more: no answer means not written.
    if (sent.length === 0) throw new OperationError('Kafka: not written', { retriable: true });
  } catch (cause) {
    if (cause instanceof OperationError) throw cause;
    const reason = cause instanceof Error ? cause.message : 'no reason given';
    throw new OperationError(`Kafka: ${reason}`, { retriable: true, cause });
  } finally {
    await within(producer.disconnect(), SEND_MS, 'Kafka').catch(() => undefined);
  }
  return { event_id: eventId, profile_id: key, partition };
}
