import { OperationError } from '@landed/schemas/fate';
import type { OutgoingRecord } from './batch.ts';
import type { Circuit } from './circuit.ts';
import { createConnection } from './connection.ts';
import type { ConnectionLimits } from './connection.ts';
import { within } from './deadline.ts';
import type { Logger } from './log.ts';

/** What a send came to, when it came to an answer. Everything else is thrown. */
export type Sent = 'stored' | 'too_large';

/** One connected Kafka producer. */
export type Sender = {
  /** Resolves when every record is durable. One call at a time. */
  readonly send: (records: readonly OutgoingRecord[]) => Promise<Sent>;
  readonly close: () => Promise<void>;
};

export type ProducerLimits = ConnectionLimits & {
  /** After this long without an answer a batch counts as failed, and its sender is replaced. */
  readonly sendTimeoutMs: number;
  /**
   * Records after which a fresh sender takes over. kafkajs sets a partition's sequence number to 0
   * at 2^31-1 instead of wrapping (producer/eosManager, `updateSequence`), and the broker then
   * refuses everything: OUT_OF_ORDER_SEQUENCE_NUMBER.
   */
  readonly senderRecordsMax: number;
};

/** A producer that is always there, or on its way back. */
export type Producer = {
  readonly start: () => void;
  readonly isConnected: () => boolean;
  /** Whether records should be refused at once rather than wait. */
  readonly refuses: () => boolean;
  /** Rejects with the final error; the sender is then being replaced. One call at a time. */
  readonly send: (records: readonly OutgoingRecord[]) => Promise<Sent>;
  /** Called after each change: connected, connection failed. */
  readonly onChange: (listener: () => void) => void;
  readonly close: () => Promise<void>;
};

/**
 * A batch that fails after this long opens the circuit by itself: kafkajs has tried all it can, and
 * its way back may take ten seconds, in which nobody is to wait for the deadline in vain.
 */
const HUNG_MS = 1_000;

export type ProducerDeps = {
  readonly connect: () => Promise<Sender>;
  readonly circuit: Circuit;
  readonly limits: ProducerLimits;
  readonly logger: Logger;
  readonly onReplaced: () => void;
};

/**
 * Sends through one sender at a time. After any final error the sender is dropped, never reused:
 * kafkajs has rolled its sequence numbers back, and what it would send next could be taken for a
 * repetition and be acknowledged without being written. The fresh sender has an id of its own; what
 * is sent again through it may be stored twice, which readers notice by event id.
 */
export function createProducer(deps: ProducerDeps): Producer {
  const { circuit, limits, logger } = deps;
  const connection = createConnection(deps);
  let sentRecords = 0;
  let isSending = false;

  const drop = (failed: Sender, outcome: Promise<unknown>): void => {
    sentRecords = 0;
    deps.onReplaced();
    connection.drop(failed, outcome);
  };

  const sendThrough = async (sender: Sender, records: readonly OutgoingRecord[]): Promise<Sent> => {
    const outcome = sender.send(records);
    const startedAt = performance.now();
    try {
      const sent = await within(outcome, limits.sendTimeoutMs, 'send to Kafka');
      if (sent === 'stored') circuit.succeeded();
      else drop(sender, outcome);
      return sent;
    } catch (error) {
      const now = performance.now();
      if (now - startedAt < HUNG_MS) circuit.failed(now);
      else circuit.hung(now);
      logger.warn({ error, records: records.length }, 'a batch was not stored');
      drop(sender, outcome);
      throw error;
    }
  };

  return {
    start: connection.start,
    isConnected: () => connection.sender() !== null,
    refuses: () => {
      const isConnected = connection.sender() !== null;
      return circuit.refuses(performance.now(), { isConnected, isSending });
    },
    send: async (records) => {
      if (isSending) throw new OperationError('a batch is on its way', { retriable: false });
      if (connection.takeSpare()) sentRecords = 0;
      const sender = connection.sender();
      if (sender === null) throw new OperationError('not connected', { retriable: true });
      isSending = true;
      sentRecords += records.length;
      try {
        return await sendThrough(sender, records);
      } finally {
        isSending = false;
        if (sentRecords >= limits.senderRecordsMax) connection.prepareSpare();
      }
    },
    onChange: connection.onChange,
    close: connection.close,
  };
}
