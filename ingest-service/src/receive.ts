import type { IncomingMessage } from 'node:http';
import type { Patience } from './patience.ts';

export type BodyLimits = {
  /** Bodies above it keep only this much; they are stored as dead letters. */
  readonly bodyBytesSoftMax: number;
  /** Bodies above it are not read: 413. */
  readonly bodyBytesHardMax: number;
};

/** What became of reading one body. */
export type Received =
  | {
      readonly kind: 'body';
      /** The body, or its first `bodyBytesSoftMax` bytes. */
      readonly bytes: Buffer;
      /** Length as received. */
      readonly totalBytes: number;
    }
  | { readonly kind: 'too_large' }
  /** Not complete at the deadline. */
  | { readonly kind: 'deadline' }
  /** The sender went away. */
  | { readonly kind: 'aborted' }
  /** No room for it among the bodies held at once. */
  | { readonly kind: 'overloaded' };

export type Reception = {
  readonly limits: BodyLimits;
  /** How long it may take from now on. */
  readonly patience: Patience;
  /** Sees every byte in order, also those that are not kept. */
  readonly onChunk: (chunk: Buffer) => void;
  /** Asks for room for bytes to hold; false ends the reading. */
  readonly reserve: (bytes: number) => boolean;
};

/** The declared length of a body in bytes, 0 when none is declared. Node refused malformed ones. */
export function declaredBytes(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

/** Collects the chunks of one body up to the limits. */
function createCollector(reception: Reception): {
  readonly take: (chunk: Buffer) => Received | null;
  readonly body: () => Received;
} {
  const { limits, onChunk, reserve } = reception;
  const kept: Buffer[] = [];
  let keptBytes = 0;
  let totalBytes = 0;
  return {
    take: (chunk) => {
      totalBytes += chunk.length;
      if (totalBytes > limits.bodyBytesHardMax) return { kind: 'too_large' };
      onChunk(chunk);
      const room = limits.bodyBytesSoftMax - keptBytes;
      if (room <= 0) return null;
      const part = chunk.length > room ? chunk.subarray(0, room) : chunk;
      if (!reserve(part.length)) return { kind: 'overloaded' };
      kept.push(part);
      keptBytes += part.length;
      return null;
    },
    body: () => {
      const [only] = kept;
      const bytes = kept.length === 1 && only ? only : Buffer.concat(kept, keptBytes);
      return { kind: 'body', bytes, totalBytes };
    },
  };
}

/**
 * Reads a request's raw body, bounded in bytes and time. Nothing is decompressed: the bytes are what
 * was signed. Stops taking at the first limit; whoever answers then decides about the connection.
 */
export function receive(request: IncomingMessage, reception: Reception): Promise<Received> {
  if (declaredBytes(request) > reception.limits.bodyBytesHardMax) {
    return Promise.resolve({ kind: 'too_large' });
  }
  return new Promise((resolve) => {
    const collector = createCollector(reception);
    const finish = (received: Received): void => {
      endWait();
      request.off('data', onData).off('end', onEnd).off('error', onAborted);
      resolve(received);
    };
    const onData = (chunk: Buffer): void => {
      const ended = collector.take(chunk);
      if (ended) finish(ended);
    };
    const onEnd = (): void => finish(collector.body());
    const onAborted = (): void => finish({ kind: 'aborted' });
    const endWait = reception.patience.wait(() => finish({ kind: 'deadline' }));
    request.on('data', onData).on('end', onEnd).on('error', onAborted);
  });
}
