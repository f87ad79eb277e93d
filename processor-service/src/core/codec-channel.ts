import {
  readByte,
  readCount,
  readInstant,
  readLength,
  readSigned,
  writeByte,
  writeCount,
  writeInstant,
  writeSigned,
} from './bytes.ts';
import type { Reader, Writer } from './bytes.ts';
import { readConsent, readEvidence, writeConsent, writeEvidence } from './codec-marks.ts';
import { dayOf } from './clock.ts';
import type { DayCounts, DayRow, DayTable } from './day-table.ts';
import type { Evidence } from './marks.ts';
import type { AddressState, ChannelState, HistoryState, LastBounce } from './profile.ts';
import type { Ladder } from './soft-suppression.ts';
import { readAddress, readWord, writeAddress, writeWord } from './texts.ts';

/** Counts of a row above this stand in bytes of their own. */
const PACKED_MAX = 2;
const CELLS = ['success', 'half', 'full', 'block'] as const;

/** A day is a step from the day before it and four counts of two bits; nearly always two bytes. */
function writeTable(writer: Writer, table: DayTable, base: number): void {
  writeCount(writer, table.length);
  let previous = dayOf(base);
  for (const row of table) {
    writeSigned(writer, row.day - previous);
    previous = row.day;
    let packed = 0;
    CELLS.forEach((cell, at) => {
      packed |= Math.min(row[cell], PACKED_MAX + 1) << (2 * at);
    });
    writeByte(writer, packed);
    for (const cell of CELLS) {
      if (row[cell] > PACKED_MAX) writeCount(writer, row[cell] - PACKED_MAX - 1);
    }
  }
}

function readTable(reader: Reader, base: number): DayTable {
  const count = readLength(reader);
  const table: DayRow[] = [];
  let day = dayOf(base);
  for (let index = 0; index < count && !reader.isBroken; index += 1) {
    day += readSigned(reader);
    const packed = readByte(reader);
    const cell = (at: number): number => {
      const low = (packed >> (2 * at)) & 3;
      return low <= PACKED_MAX ? low : readCount(reader) + PACKED_MAX + 1;
    };
    table.push({ day, success: cell(0), half: cell(1), full: cell(2), block: cell(3) });
  }
  return table;
}

function writeLadder(writer: Writer, ladder: Ladder | null, base: number): void {
  writeCount(writer, ladder?.rung ?? 0);
  if (ladder === null) return;
  writeSigned(writer, ladder.until - dayOf(base));
  writeSigned(writer, ladder.lastFailing - dayOf(base));
}

function readLadder(reader: Reader, base: number): Ladder | null {
  const rung = readCount(reader);
  if (rung === 0) return null;
  const until = dayOf(base) + readSigned(reader);
  return { rung, until, lastFailing: dayOf(base) + readSigned(reader) };
}

function writeDays(writer: Writer, counts: DayCounts, base: number): void {
  writeCount(writer, counts.length / 2);
  let previous = dayOf(base);
  for (let at = 0; at < counts.length; at += 2) {
    const day = counts[at] ?? 0;
    writeSigned(writer, day - previous);
    writeCount(writer, counts[at + 1] ?? 0);
    previous = day;
  }
}

function readDayCounts(reader: Reader, base: number): DayCounts {
  const count = readLength(reader);
  const counts: number[] = [];
  let day = dayOf(base);
  for (let index = 0; index < count && !reader.isBroken; index += 1) {
    day += readSigned(reader);
    counts.push(day, readCount(reader));
  }
  return counts;
}

function readList<T>(reader: Reader, read: () => T): T[] {
  const count = readLength(reader);
  const list: T[] = [];
  for (let index = 0; index < count && !reader.isBroken; index += 1) list.push(read());
  return list;
}

function readAddressState(reader: Reader, base: number): AddressState {
  const to = readAddress(reader);
  const seenAt = readInstant(reader, base) ?? 0;
  const hard = readEvidence(reader, base);
  const esp = readEvidence(reader, base);
  return { to, seenAt, hard, esp, deliveredAt: readInstant(reader, base) };
}

function readHistory(reader: Reader, base: number): HistoryState {
  const to = readAddress(reader);
  const table = readTable(reader, base);
  return { to, table, ladder: readLadder(reader, base) };
}

function readFailure(reader: Reader, base: number): Evidence {
  const evidence = readEvidence(reader, base);
  if (evidence === null) reader.isBroken = true;
  return evidence ?? { at: 0, eventId: '', cls: '', kind: '', rule: '' };
}

export function writeChannel(writer: Writer, state: ChannelState, base: number): void {
  writeInstant(writer, base, state.current?.at ?? null);
  if (state.current !== null) writeAddress(writer, state.current.to);
  writeInstant(writer, base, state.lastBounce?.at ?? null);
  if (state.lastBounce !== null) {
    writeWord(writer, state.lastBounce.cls);
    writeWord(writer, state.lastBounce.kind);
  }
  writeConsent(writer, state.consent, base);
  writeInstant(writer, base, state.humanAt);
  writeInstant(writer, base, state.sureAt);
  writeInstant(writer, base, state.successAt);
  writeCount(writer, state.addresses.length);
  for (const address of state.addresses) {
    writeAddress(writer, address.to);
    writeInstant(writer, base, address.seenAt);
    writeEvidence(writer, address.hard, base);
    writeEvidence(writer, address.esp, base);
    writeInstant(writer, base, address.deliveredAt);
  }
  writeCount(writer, state.histories.length);
  for (const history of state.histories) {
    writeAddress(writer, history.to);
    writeTable(writer, history.table, base);
    writeLadder(writer, history.ladder, base);
  }
  writeDays(writer, state.deliveredDays, base);
  writeCount(writer, state.failures.length);
  for (const failure of state.failures) writeEvidence(writer, failure, base);
}

export function readChannel(reader: Reader, base: number): ChannelState {
  const currentAt = readInstant(reader, base);
  const current = currentAt === null ? null : { at: currentAt, to: readAddress(reader) };
  const bounceAt = readInstant(reader, base);
  const readBounce = (at: number): LastBounce => {
    const cls = readWord(reader);
    return { at, cls, kind: readWord(reader) };
  };
  return {
    current,
    lastBounce: bounceAt === null ? null : readBounce(bounceAt),
    consent: readConsent(reader, base),
    humanAt: readInstant(reader, base),
    sureAt: readInstant(reader, base),
    successAt: readInstant(reader, base),
    addresses: readList(reader, () => readAddressState(reader, base)),
    histories: readList(reader, () => readHistory(reader, base)),
    deliveredDays: readDayCounts(reader, base),
    failures: readList(reader, () => readFailure(reader, base)),
  };
}
