import { DecodeError } from '@landed/schemas/codec';
import type { Decoder } from '@landed/schemas/codec';
import type { RawWebhook } from '@landed/schemas/events.gen';
import { OperationError } from '@landed/schemas/fate';
import { partitionOf } from '@landed/schemas/key';
import { SealBrokenError, UnknownSealKeyError } from '@landed/schemas/seal';
import type { Sealer } from '@landed/schemas/seal';
import type { LogRecord } from '../log/record-batch.ts';
import type { Rejection } from './dead-letter.ts';

/** What a raw record is, before anybody asks what it means. */
export type Decoded =
  | { readonly kind: 'tick' }
  | {
      readonly kind: 'event';
      readonly raw: RawWebhook;
      readonly profileKey: string;
      readonly body: unknown;
    }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };

export interface RawDecoder {
  /**
   * Fetches the schemas the records need.
   *
   * @returns how many records from the front can be decoded, and the outage that stops the rest
   */
  readonly prepare: (
    records: readonly LogRecord[],
  ) => Promise<{ readonly ready: number; readonly outage: OperationError | null }>;
  /**
   * Decodes one prepared record; whatever its bytes are, they have a fate.
   *
   * @throws OperationError, retriable, when its body is sealed under a key not configured here (yet)
   */
  readonly decode: (record: LogRecord) => Decoded;
}

export type RawDecoderDeps = {
  readonly decoder: Decoder<RawWebhook>;
  readonly sealer: Pick<Sealer, 'open'>;
  readonly partition: number;
  readonly partitions: number;
};

/** Keys are built from ids of at most 256 bytes; a longer one is none of ours, and no store key. */
const KEY_BYTES_MAX = 600;
const CONTROL = /\p{Cc}/u;
const WITH_BODY = new Set(['webhook', 'command']);

const rejected = (
  reason: Rejection['reason'],
  detail: string,
  raw?: Pick<RawWebhook, 'workspace' | 'event_id'>,
): Decoded => ({
  kind: 'rejected',
  rejection: { reason, detail, workspace: raw?.workspace ?? '', eventId: raw?.event_id ?? '' },
});

/** What is wrong with a record key as a profile key; null when nothing is. */
function keyProblem(key: Buffer | null, workspace: string, deps: RawDecoderDeps): string | null {
  if (key === null) return 'the record has no key';
  if (key.length > KEY_BYTES_MAX) return `the key has ${key.length} bytes`;
  const text = key.toString();
  if (!Buffer.from(text).equals(key) || CONTROL.test(text)) return 'the key is no plain text';
  if (!text.startsWith(`${workspace}/`)) return 'the key is not of the workspace';
  const partition = partitionOf(key, deps.partitions);
  return partition === deps.partition ? null : `the key belongs to partition ${partition}`;
}

function openBody(raw: RawWebhook, sealer: Pick<Sealer, 'open'>): Decoded | { body: unknown } {
  let opened: Buffer;
  try {
    opened = sealer.open(raw.body);
  } catch (error) {
    if (error instanceof UnknownSealKeyError) {
      throw new OperationError(error.message, { retriable: true, cause: error });
    }
    if (error instanceof SealBrokenError) return rejected('seal_broken', error.message, raw);
    throw error;
  }
  try {
    return { body: JSON.parse(opened.toString()) as unknown };
  } catch {
    return rejected('not_json', `the body of ${opened.length} bytes is no JSON`, raw);
  }
}

function decodeRaw(record: LogRecord, decoder: Decoder<RawWebhook>): RawWebhook | Decoded {
  if (record.value === null) return rejected('undecodable', 'the record has no value');
  try {
    return decoder.decode(record.value);
  } catch (error) {
    if (error instanceof DecodeError) return rejected(error.reason, error.message);
    throw error;
  }
}

/** Decodes raw records: tells poison, which becomes a dead letter, from outage, which is waited for. */
export function createRawDecoder(deps: RawDecoderDeps): RawDecoder {
  const { decoder, sealer } = deps;

  const prepareSingly = async (
    records: readonly LogRecord[],
  ): Promise<{ ready: number; outage: OperationError | null }> => {
    for (const [index, record] of records.entries()) {
      try {
        await decoder.prepare([record.value]);
      } catch (error) {
        if (error instanceof OperationError) return { ready: index, outage: error };
        throw error;
      }
    }
    return { ready: records.length, outage: null };
  };

  return {
    prepare: async (records) => {
      try {
        await decoder.prepare(records.map(({ value }) => value));
        return { ready: records.length, outage: null };
      } catch (error) {
        if (!(error instanceof OperationError)) throw error;
        // What stands before the record that must wait need not wait with it.
        return prepareSingly(records);
      }
    },
    decode: (record) => {
      const raw = decodeRaw(record, decoder);
      if (!('event_id' in raw)) return raw;
      if (raw.kind === 'tick') return { kind: 'tick' };
      if (!WITH_BODY.has(raw.kind)) {
        return rejected('unknown_kind', 'a kind this program does not know', raw);
      }
      const problem = keyProblem(record.key, raw.workspace, deps);
      if (problem !== null || record.key === null) {
        return rejected('undecodable', problem ?? 'the record has no key', raw);
      }
      const opened = openBody(raw, sealer);
      if (!('body' in opened)) return opened;
      return { kind: 'event', raw, profileKey: record.key.toString(), body: opened.body };
    },
  };
}
