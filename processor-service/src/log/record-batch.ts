import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { OperationError } from '@landed/schemas/fate';

/*
 * Decoder of Kafka's record batches, format version 2 (Kafka documentation, "Record Batch"). kafkajs
 * has one of its own, but it hides the last offset of a batch: a consumer standing in front of a batch
 * that compaction has emptied never gets past it (tulios/kafkajs#1072), and one in front of a gap
 * creeps through it one offset per fetch. Here every batch tells where the next one begins.
 */

/** One entry of a partition. Key, value and headers are windows into the answer: copy what is kept. */
export type LogRecord = {
  readonly offset: bigint;
  /** Append time or the writer's time, as the topic is set up, ms. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
};

/** A transaction that was rolled back: its records from this offset on do not count. */
export type AbortedTransaction = { readonly producerId: bigint; readonly firstOffset: bigint };

export type DecodedBatches = {
  readonly records: readonly LogRecord[];
  /** Offset after the last whole batch; null when the bytes hold none. */
  readonly nextOffset: bigint | null;
};

const BATCH_HEADER_BYTES = 61;
/** Offset and length stand in front of what the length counts. */
const LENGTH_FIELD_END = 12;
const MAGIC_AT = 16;
const FORMAT_VERSION = 2;
const COMPRESSION_MASK = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** No batch of ours is larger, and a compression bomb stops here. */
const INFLATED_BYTES_MAX = 256 * 1024 * 1024;
const NO_HEADERS: Readonly<Record<string, Buffer>> = Object.freeze({});

type BatchHeader = {
  readonly baseOffset: bigint;
  readonly lastOffset: bigint;
  readonly end: number;
  readonly attributes: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: bigint;
  readonly count: number;
};

type Cursor = { readonly bytes: Buffer; at: number };

const corrupt = (what: string): OperationError =>
  new OperationError(`record batch is not readable: ${what}`, { retriable: false });

/** A signed integer in zigzag base 128, up to 2^53. */
function readVarint(cursor: Cursor): number {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) throw corrupt('a number reaches beyond the end');
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
    scale *= 128;
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function readBytes(cursor: Cursor): Buffer | null {
  const length = readVarint(cursor);
  if (length < 0) return null;
  const end = cursor.at + length;
  if (end > cursor.bytes.length) throw corrupt('a field reaches beyond the end');
  const field = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return field;
}

function readHeaders(cursor: Cursor): Readonly<Record<string, Buffer>> {
  const count = readVarint(cursor);
  if (count === 0) return NO_HEADERS;
  const headers: [string, Buffer][] = [];
  for (let index = 0; index < count; index++) {
    const name = readBytes(cursor);
    headers.push([String(name), readBytes(cursor) ?? Buffer.alloc(0)]);
  }
  return Object.fromEntries(headers);
}

function readBatchHeader(bytes: Buffer, at: number): BatchHeader | null {
  if (at + BATCH_HEADER_BYTES > bytes.length) return null;
  const end = at + LENGTH_FIELD_END + bytes.readInt32BE(at + 8);
  // The last batch of an answer may be cut off: it comes whole with the next fetch.
  if (end > bytes.length) return null;
  const magic = bytes[at + MAGIC_AT];
  if (magic !== FORMAT_VERSION) throw corrupt(`format version ${magic ?? -1}, not 2`);
  const baseOffset = bytes.readBigInt64BE(at);
  return {
    baseOffset,
    lastOffset: baseOffset + BigInt(bytes.readInt32BE(at + 23)),
    end,
    attributes: bytes.readInt16BE(at + 21),
    baseTimestamp: Number(bytes.readBigInt64BE(at + 27)),
    maxTimestamp: Number(bytes.readBigInt64BE(at + 35)),
    producerId: bytes.readBigInt64BE(at + 43),
    count: bytes.readInt32BE(at + 57),
  };
}

function inflate(attributes: number, bytes: Buffer): Buffer {
  const codec = attributes & COMPRESSION_MASK;
  const limit = { maxOutputLength: INFLATED_BYTES_MAX };
  if (codec === 0) return bytes;
  if (codec === 1) return gunzipSync(bytes, limit);
  if (codec === 4) return zstdDecompressSync(bytes, limit);
  throw corrupt(`compression ${codec}: only gzip and zstd are read`);
}

function readRecords(header: BatchHeader, bytes: Buffer, from: bigint, into: LogRecord[]): void {
  const isAppendTime = (header.attributes & LOG_APPEND_TIME) !== 0;
  const cursor: Cursor = { bytes, at: 0 };
  for (let index = 0; index < header.count; index++) {
    const length = readVarint(cursor);
    const end = cursor.at + length;
    if (end > bytes.length) throw corrupt('a record reaches beyond its batch');
    cursor.at++; // attributes of the record, unused
    const timestamp = header.baseTimestamp + readVarint(cursor);
    const offset = header.baseOffset + BigInt(readVarint(cursor));
    if (offset >= from) {
      into.push({
        offset,
        timestamp: isAppendTime ? header.maxTimestamp : timestamp,
        key: readBytes(cursor),
        value: readBytes(cursor),
        headers: readHeaders(cursor),
      });
    }
    cursor.at = end;
  }
}

/**
 * Decodes the batches of one fetched partition as a read_committed reader sees them: without control
 * records, without records of aborted transactions, without records below `from` (a batch may begin
 * before it).
 *
 * @param aborted the transactions the broker names as aborted in this range
 * @throws OperationError, not retriable, when the bytes are no record batches
 */
export function decodeRecordBatches(
  bytes: Buffer,
  from: bigint,
  aborted: readonly AbortedTransaction[] = [],
): DecodedBatches {
  const waiting = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const abortedNow = new Set<bigint>();
  const records: LogRecord[] = [];
  let nextOffset: bigint | null = null;
  let at = 0;
  for (;;) {
    const header = readBatchHeader(bytes, at);
    if (header === null) break;
    while (waiting[0] && waiting[0].firstOffset <= header.lastOffset) {
      abortedNow.add(waiting[0].producerId);
      waiting.shift();
    }
    const payload = bytes.subarray(at + BATCH_HEADER_BYTES, header.end);
    const isTransactional = (header.attributes & TRANSACTIONAL) !== 0;
    if ((header.attributes & CONTROL) !== 0) {
      // The marker of a transaction: whichever it is, and even when compaction has emptied it, the
      // range of its producer that began before it ends here.
      abortedNow.delete(header.producerId);
    } else if (header.count > 0 && !(isTransactional && abortedNow.has(header.producerId))) {
      readRecords(header, inflate(header.attributes, payload), from, records);
    }
    nextOffset = header.lastOffset + 1n;
    at = header.end;
  }
  return { records, nextOffset };
}
