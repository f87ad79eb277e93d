import { crc32c } from '@node-rs/crc32';
import type { OutgoingRecord } from './batch.ts';

/*
 * Encoder of Kafka's record batches, format version 2 (Kafka documentation, "Record Batch"). kafkajs
 * has one of its own, which takes longer for a record than everything else that is done for it.
 */

/** What makes a batch of an idempotent producer one that the broker takes once. */
export type BatchIdentity = {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly firstSequence: number;
};

const HEADER_BYTES = 61;
/** Offset and length stand in front of what the length counts. */
const LENGTH_FIELD_END = 12;
/** The checksum counts what follows it. */
const CRC_AT = 17;
const CRC_END = 21;
const FORMAT_VERSION = 2;
/** Attributes and difference in time: one byte each, both zero. */
const RECORD_FIXED_BYTES = 2;
const NO_BYTES = -1;

type Cursor = { readonly bytes: Buffer; at: number };

/** Signed numbers lie in turn on both sides of zero. */
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

function varintBytes(value: number): number {
  let bytes = 1;
  for (let left = zigzag(value); left > 0x7f; left >>>= 7) bytes += 1;
  return bytes;
}

function writeVarint(cursor: Cursor, value: number): void {
  let left = zigzag(value);
  while (left > 0x7f) {
    cursor.bytes[cursor.at++] = (left & 0x7f) | 0x80;
    left >>>= 7;
  }
  cursor.bytes[cursor.at++] = left;
}

function textBytes(text: string): number {
  const bytes = Buffer.byteLength(text);
  return varintBytes(bytes) + bytes;
}

function writeText(cursor: Cursor, text: string): void {
  const bytes = Buffer.byteLength(text);
  writeVarint(cursor, bytes);
  cursor.bytes.write(text, cursor.at);
  cursor.at += bytes;
}

/** Bytes of a record behind the number that tells them. */
function bodyBytes({ key, value, headers }: OutgoingRecord, index: number): number {
  let bytes = RECORD_FIXED_BYTES + varintBytes(index);
  bytes += key === null ? varintBytes(NO_BYTES) : textBytes(key);
  bytes += varintBytes(value.length) + value.length;
  const pairs = headers ? Object.entries(headers) : [];
  bytes += varintBytes(pairs.length);
  for (const [name, text] of pairs) bytes += textBytes(name) + textBytes(text);
  return bytes;
}

function writeRecord(cursor: Cursor, record: OutgoingRecord, index: number, bytes: number): void {
  const { key, value, headers } = record;
  writeVarint(cursor, bytes);
  cursor.bytes[cursor.at++] = 0;
  cursor.bytes[cursor.at++] = 0;
  writeVarint(cursor, index);
  if (key === null) writeVarint(cursor, NO_BYTES);
  else writeText(cursor, key);
  writeVarint(cursor, value.length);
  cursor.at += value.copy(cursor.bytes, cursor.at);
  const pairs = headers ? Object.entries(headers) : [];
  writeVarint(cursor, pairs.length);
  for (const [name, text] of pairs) {
    writeText(cursor, name);
    writeText(cursor, text);
  }
}

/**
 * Encodes the records of one partition, in order, as one batch.
 *
 * @param records at least one
 * @param at time of all of them, ms (topics with append times do not look at it)
 */
export function encodeRecordBatch(
  records: readonly OutgoingRecord[],
  identity: BatchIdentity,
  at: number,
): Buffer {
  const sizes = records.map(bodyBytes);
  const total = sizes.reduce((sum, size) => sum + varintBytes(size) + size, HEADER_BYTES);
  const bytes = Buffer.allocUnsafe(total);
  bytes.writeBigInt64BE(0n, 0);
  bytes.writeInt32BE(total - LENGTH_FIELD_END, 8);
  bytes.writeInt32BE(-1, 12); // epoch of the partition's leader: the broker fills it in
  bytes[16] = FORMAT_VERSION;
  bytes.writeInt16BE(0, CRC_END);
  bytes.writeInt32BE(records.length - 1, 23);
  bytes.writeBigInt64BE(BigInt(at), 27);
  bytes.writeBigInt64BE(BigInt(at), 35);
  bytes.writeBigInt64BE(identity.producerId, 43);
  bytes.writeInt16BE(identity.producerEpoch, 51);
  bytes.writeInt32BE(identity.firstSequence, 53);
  bytes.writeInt32BE(records.length, 57);
  const cursor: Cursor = { bytes, at: HEADER_BYTES };
  for (const [index, record] of records.entries()) {
    writeRecord(cursor, record, index, sizes[index] ?? 0);
  }
  bytes.writeUInt32BE(crc32c(bytes.subarray(CRC_END)), CRC_AT);
  return bytes;
}
