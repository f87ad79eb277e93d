import {
  readCount,
  readHash,
  readInstant,
  readLength,
  readSigned,
  writeCount,
  writeHash,
  writeInstant,
  writeSigned,
} from './bytes.ts';
import type { Reader, Writer } from './bytes.ts';
import { makeDelivery } from './delivery.ts';
import type { DeliveryState, Fail, Leg, Part } from './delivery.ts';
import { isChannel } from './event.ts';
import type { SeenIds } from './seen.ts';
import { readAddress, readWord, writeAddress, writeWord } from './texts.ts';

/** Ids as they are kept: instants as steps upwards from `base`, hashes as they are. */
export function writeSeen(writer: Writer, seen: SeenIds, base: number): void {
  writeCount(writer, seen.length / 3);
  let previous = base;
  for (let at = 0; at < seen.length; at += 3) {
    const ts = seen[at] ?? 0;
    writeSigned(writer, ts - previous);
    writeHash(writer, seen[at + 1] ?? 0, seen[at + 2] ?? 0);
    previous = ts;
  }
}

export function readSeen(reader: Reader, base: number): SeenIds {
  const count = readLength(reader);
  const seen: number[] = [];
  let ts = base;
  for (let index = 0; index < count && !reader.isBroken; index += 1) {
    ts += readSigned(reader);
    seen.push(ts, ...readHash(reader));
  }
  return seen;
}

function writePart(writer: Writer, part: Part, base: number): void {
  writeAddress(writer, part.to);
  writeInstant(writer, base, part.deliveredAt);
  writeCount(writer, part.fails.length);
  for (const { cls, kind, at } of part.fails) {
    writeWord(writer, cls);
    writeWord(writer, kind);
    writeSigned(writer, at - base);
  }
}

function readPart(reader: Reader, base: number): Part {
  const to = readAddress(reader);
  const deliveredAt = readInstant(reader, base);
  const count = readLength(reader);
  const fails: Fail[] = [];
  for (let index = 0; index < count && !reader.isBroken; index += 1) {
    const cls = readWord(reader);
    const kind = readWord(reader);
    fails.push({ cls, kind, at: base + readSigned(reader) });
  }
  return { to, deliveredAt, fails };
}

function writeLeg(writer: Writer, leg: Leg, base: number): void {
  writeWord(writer, leg.channel);
  writeCount(writer, leg.parts.length);
  for (const part of leg.parts) writePart(writer, part, base);
  writeCount(writer, leg.clicks.length);
  for (const at of leg.clicks) writeSigned(writer, at - base);
}

function readLeg(reader: Reader, base: number): Leg | null {
  const channel = readWord(reader);
  const partCount = readLength(reader);
  const parts: Part[] = [];
  for (let index = 0; index < partCount && !reader.isBroken; index += 1) {
    parts.push(readPart(reader, base));
  }
  const clickCount = readLength(reader);
  const clicks: number[] = [];
  for (let index = 0; index < clickCount && !reader.isBroken; index += 1) {
    clicks.push(base + readSigned(reader));
  }
  return isChannel(channel) ? { channel, parts, clicks } : null;
}

/** Everything is dated relative to the oldest instant in the delivery. */
export function writeDelivery(writer: Writer, delivery: DeliveryState): void {
  const base = delivery.oldest;
  writeSigned(writer, base);
  writeCount(writer, delivery.legs.length);
  for (const leg of delivery.legs) writeLeg(writer, leg, base);
  writeSeen(writer, delivery.seen, base);
}

export function readDelivery(reader: Reader, deliveryId: string): DeliveryState | null {
  const base = readSigned(reader);
  const count = readCount(reader);
  const legs: Leg[] = [];
  for (let index = 0; index < count && !reader.isBroken; index += 1) {
    const leg = readLeg(reader, base);
    if (leg === null) reader.isBroken = true;
    else legs.push(leg);
  }
  return makeDelivery(deliveryId, legs, readSeen(reader, base));
}
