import { gzipSync, zstdCompressSync } from 'node:zlib';

/* Builds record batches by hand, from the format's description, for what no client would write. */

export type RecordSpec = {
  readonly offset: bigint;
  readonly timestamp?: number;
  readonly key?: string | null;
  readonly value?: string | null;
  readonly headers?: Readonly<Record<string, string | null>>;
};

export type BatchSpec = {
  readonly baseOffset: bigint;
  /** Offset of the last record that was ever in it; compaction leaves it as it was. */
  readonly lastOffset: bigint;
  readonly records: readonly RecordSpec[];
  readonly baseTimestamp?: number;
  readonly maxTimestamp?: number;
  readonly producerId?: bigint;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  readonly isAppendTime?: boolean;
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'zstd';
};

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value >= 0 ? BigInt(value) * 2n : BigInt(-value) * 2n - 1n;
  while (rest >= 128n) {
    bytes.push(Number(rest % 128n) | 0x80);
    rest /= 128n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

const field = (bytes: Buffer | null): Buffer =>
  bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
const textField = (text: string | null | undefined): Buffer =>
  field(text === null || text === undefined ? null : Buffer.from(text));

function recordBytes(batch: BatchSpec, spec: RecordSpec): Buffer {
  const headers = Object.entries(spec.headers ?? {});
  const base = batch.baseTimestamp ?? 0;
  const body = Buffer.concat([
    Buffer.from([0]),
    varint((spec.timestamp ?? base) - base),
    varint(Number(spec.offset - batch.baseOffset)),
    textField(spec.key),
    textField(spec.value),
    varint(headers.length),
    ...headers.flatMap(([name, value]) => [textField(name), textField(value)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

const CODES = { none: 0, gzip: 1, snappy: 2, zstd: 4 };

function compress(bytes: Buffer, compression: keyof typeof CODES): Buffer {
  if (compression === 'gzip') return gzipSync(bytes);
  if (compression === 'zstd') return zstdCompressSync(bytes);
  return bytes;
}

export function batchBytes(spec: BatchSpec): Buffer {
  const compression = spec.compression ?? 'none';
  const records = Buffer.concat(spec.records.map((record) => recordBytes(spec, record)));
  const payload = spec.records.length === 0 ? records : compress(records, compression);
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(spec.baseOffset, 0);
  head.writeInt32BE(61 - 12 + payload.length, 8);
  head[16] = 2;
  const attributes =
    CODES[compression] |
    (spec.isAppendTime ? 0x08 : 0) |
    (spec.isTransactional ? 0x10 : 0) |
    (spec.isControl ? 0x20 : 0);
  head.writeInt16BE(attributes, 21);
  head.writeInt32BE(Number(spec.lastOffset - spec.baseOffset), 23);
  head.writeBigInt64BE(BigInt(spec.baseTimestamp ?? 0), 27);
  head.writeBigInt64BE(BigInt(spec.maxTimestamp ?? spec.baseTimestamp ?? 0), 35);
  head.writeBigInt64BE(spec.producerId ?? -1n, 43);
  head.writeInt16BE(-1, 51);
  head.writeInt32BE(-1, 53);
  head.writeInt32BE(spec.records.length, 57);
  return Buffer.concat([head, payload]);
}

/** A batch of consecutive records. */
export function plainBatch(
  from: bigint,
  values: readonly string[],
  more: Partial<BatchSpec> = {},
): Buffer {
  const records = values.map((value, index) => ({
    offset: from + BigInt(index),
    key: value,
    value,
  }));
  const lastOffset = from + BigInt(values.length - 1);
  return batchBytes({ baseOffset: from, lastOffset, records, ...more });
}

/** The marker that ends a transaction. */
export function marker(offset: bigint, producerId: bigint, type: 'abort' | 'commit'): Buffer {
  const key = String.fromCharCode(0, 0, 0, type === 'abort' ? 0 : 1);
  const value = '\0\0\0\0\0\0';
  const flags = { producerId, isTransactional: true, isControl: true };
  return batchBytes({
    baseOffset: offset,
    lastOffset: offset,
    records: [{ offset, key, value }],
    ...flags,
  });
}
