import { createHash } from 'node:crypto';
import type { Kafka, Producer } from 'kafkajs';
import { deadLetterHeaders } from '@landed/schemas/dead-letter';
import { OperationError } from '@landed/schemas/fate';
import type { DeadLetterReason } from '@landed/schemas/fate';
import { durableSend, ingestProducerOptions } from '@landed/schemas/kafka';
import { workspaceOf } from '@landed/schemas/key';
import { within } from '../log/deadline.ts';
import type { Origin } from './buffer.ts';

/** A record that makes no row: kept as a dead letter, so that it is not lost. */
export type ParkedRecord = {
  readonly origin: Origin;
  readonly reason: DeadLetterReason;
  /** One sentence without any value. */
  readonly detail: string;
};

export type DeadLetterWriter = {
  /** Resolves when all are durable. Rejects with a retriable OperationError. */
  readonly write: (records: readonly ParkedRecord[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

const DEADLINE_MS = 30_000;

function headersOf({ origin, reason, detail }: ParkedRecord): Record<string, string> {
  const value = origin.value ?? Buffer.alloc(0);
  return deadLetterHeaders({
    reason,
    detail,
    stage: 'warehouse',
    workspace: workspaceOf(origin.key?.toString() ?? ''),
    eventId: '',
    at: origin.timestamp,
    origin: {
      topic: origin.topic,
      partition: origin.partition,
      offset: origin.offset.toString(),
    },
    originalBytes: value.length,
    originalSha256: createHash('sha256').update(value).digest('hex'),
    isTruncated: false,
    isSealed: false,
  });
}

/** Writes dead letters of the warehouse. Connects with the first one: there should be none. */
export function createDeadLetterWriter(deps: {
  readonly kafka: Kafka;
  readonly topic: string;
}): DeadLetterWriter {
  let producer: Producer | null = null;

  const drop = async (): Promise<void> => {
    const dropped = producer;
    producer = null;
    await dropped?.disconnect();
  };

  const send = async (records: readonly ParkedRecord[]): Promise<void> => {
    if (producer === null) {
      producer = deps.kafka.producer(ingestProducerOptions);
      await producer.connect();
    }
    await producer.send({
      topic: deps.topic,
      ...durableSend,
      messages: records.map((record) => ({
        key: record.origin.key,
        value: record.origin.value,
        headers: headersOf(record),
      })),
    });
  };

  return {
    write: async (records) => {
      if (records.length === 0) return;
      try {
        await within(send(records), DEADLINE_MS, 'dead letters of the warehouse');
      } catch (cause) {
        // How far the producer got is not known. A new one may write again: rows of dead letters are
        // known by where the record came from, so twice is once.
        await drop().catch(() => undefined);
        throw new OperationError('dead letters could not be written', { retriable: true, cause });
      }
    },
    close: drop,
  };
}
