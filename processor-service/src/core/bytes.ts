/** Bytes being written; grows as needed. */
export type Writer = { bytes: Buffer; at: number };

/** Bytes being read. Reading past the end or nonsense marks it broken and yields zeros. */
export type Reader = { readonly bytes: Buffer; at: number; isBroken: boolean };

const FIRST_BYTES = 512;

export function openWriter(): Writer {
  return { bytes: Buffer.allocUnsafe(FIRST_BYTES), at: 0 };
}

/** Makes room for so many bytes more. */
export function reserve(writer: Writer, count: number): void {
  if (writer.at + count <= writer.bytes.length) return;
  const grown = Buffer.allocUnsafe(Math.max(writer.bytes.length * 2, writer.at + count));
  writer.bytes.copy(grown, 0, 0, writer.at);
  writer.bytes = grown;
}

/** The bytes written, in a buffer of their own. */
export function closeWriter(writer: Writer): Buffer {
  return Buffer.from(writer.bytes.subarray(0, writer.at));
}

export function openReader(bytes: Uint8Array): Reader {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { bytes: view, at: 0, isBroken: false };
}

/** True when everything was read and made sense. */
export function isDone(reader: Reader): boolean {
  return !reader.isBroken && reader.at === reader.bytes.length;
}

export function writeByte(writer: Writer, value: number): void {
  reserve(writer, 1);
  writer.bytes[writer.at] = value;
  writer.at += 1;
}

export function readByte(reader: Reader): number {
  const value = reader.bytes[reader.at];
  if (value === undefined) {
    reader.isBroken = true;
    return 0;
  }
  reader.at += 1;
  return value;
}

/** Whole numbers from 0 to 2^53, seven bits a byte, lowest first. */
export function writeCount(writer: Writer, value: number): void {
  reserve(writer, 8);
  let rest = value;
  while (rest >= 128) {
    writer.bytes[writer.at] = (rest % 128) + 128;
    writer.at += 1;
    rest = Math.floor(rest / 128);
  }
  writer.bytes[writer.at] = rest;
  writer.at += 1;
}

export function readCount(reader: Reader): number {
  let value = 0;
  let scale = 1;
  for (let count = 0; count < 8; count += 1) {
    const byte = readByte(reader);
    value += (byte % 128) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
  reader.isBroken = true;
  return 0;
}

/** The number of entries of a list: no more than bytes are left, so that nonsense stays cheap. */
export function readLength(reader: Reader): number {
  const count = readCount(reader);
  if (count <= reader.bytes.length - reader.at) return count;
  reader.isBroken = true;
  return 0;
}

/** Whole numbers of either sign. */
export function writeSigned(writer: Writer, value: number): void {
  writeCount(writer, value >= 0 ? value * 2 : -value * 2 - 1);
}

export function readSigned(reader: Reader): number {
  const value = readCount(reader);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** An instant relative to another, or null. */
export function writeInstant(writer: Writer, base: number, at: number | null): void {
  if (at === null) {
    writeByte(writer, 0);
    return;
  }
  const back = base - at;
  writeCount(writer, (back >= 0 ? back * 2 : -back * 2 - 1) + 1);
}

export function readInstant(reader: Reader, base: number): number | null {
  const value = readCount(reader);
  if (value === 0) return null;
  return value % 2 === 1 ? base - (value - 1) / 2 : base + value / 2;
}

export function writeHash(writer: Writer, high: number, low: number): void {
  reserve(writer, 8);
  writer.bytes.writeUInt32BE(high, writer.at);
  writer.bytes.writeUInt32BE(low, writer.at + 4);
  writer.at += 8;
}

export function readHash(reader: Reader): readonly [number, number] {
  if (reader.at + 8 > reader.bytes.length) {
    reader.isBroken = true;
    return [0, 0];
  }
  const high = reader.bytes.readUInt32BE(reader.at);
  const low = reader.bytes.readUInt32BE(reader.at + 4);
  reader.at += 8;
  return [high, low];
}
