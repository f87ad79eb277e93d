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
 * what became of its last batch is not known, and other records under its sequence numbers could be
 * taken for a repetition and be acknowledged without being written. The fresh sender has an id of its
 * own; what is sent again through it may be stored twice, which readers notice by event id.
 */
export function createProducer(deps: ProducerDeps): Producer {
  const { circuit, limits, logger } = deps;
  const connection = createConnection(deps);
  let isSending = false;

  const drop = (failed: Sender, outcome: Promise<unknown>): void => {
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
      const sender = connection.sender();
      if (sender === null) throw new OperationError('not connected', { retriable: true });
      isSending = true;
      try {
        return await sendThrough(sender, records);
      } finally {
        isSending = false;
      }
    },
    onChange: connection.onChange,
    close: connection.close,
  };
}
