import {
  readByte,
  readCount,
  readHash,
  readInstant,
  readLength,
  readSigned,
  writeByte,
  writeCount,
  writeHash,
  writeInstant,
  writeSigned,
} from './bytes.ts';
import type { Reader, Writer } from './bytes.ts';
import { readChannel, writeChannel } from './codec-channel.ts';
import { readSeen, writeSeen } from './codec-delivery.ts';
import { readConsent, readMark, writeConsent, writeMark } from './codec-marks.ts';
import { CHANNELS } from './event.ts';
import type { Channel } from './event.ts';
import { EMPTY_CHANNEL } from './profile.ts';
import type { ChannelState, Names, ProfileState } from './profile.ts';
import { readText, writeText } from './texts.ts';

function isEmptyChannel(state: ChannelState): boolean {
  return (
    state.current === null &&
    state.lastBounce === null &&
    state.consent.on === null &&
    state.consent.off === null &&
    state.humanAt === null &&
    state.sureAt === null &&
    state.successAt === null &&
    state.addresses.length + state.histories.length + state.deliveredDays.length === 0 &&
    state.failures.length === 0
  );
}

function writeNames(writer: Writer, names: Names, base: number): void {
  writeCount(writer, names.length);
  for (const { name, at } of names) {
    writeText(writer, name);
    writeInstant(writer, base, at);
  }
}

function readNames(reader: Reader, base: number): Names {
  const count = readLength(reader);
  const names: { name: string; at: number }[] = [];
  for (let index = 0; index < count && !reader.isBroken; index += 1) {
    const name = readText(reader);
    names.push({ name, at: readInstant(reader, base) ?? 0 });
  }
  return names;
}

function writeComplaints(writer: Writer, complaints: readonly string[]): void {
  writeCount(writer, complaints.length);
  for (const id of complaints) {
    writeHash(writer, Number.parseInt(id.slice(0, 8), 16), Number.parseInt(id.slice(8), 16));
  }
}

function readComplaints(reader: Reader): string[] {
  const count = readLength(reader);
  const complaints: string[] = [];
  for (let index = 0; index < count && !reader.isBroken; index += 1) {
    const halves = readHash(reader);
    complaints.push(halves.map((half) => half.toString(16).padStart(8, '0')).join(''));
  }
  return complaints;
}

/** Everything is dated relative to the newest receipt; channels without state cost nothing. */
export function writeProfile(writer: Writer, profile: ProfileState): void {
  const base = profile.newestReceipt ?? 0;
  writeByte(writer, profile.newestReceipt === null ? 0 : 1);
  writeSigned(writer, base);
  writeInstant(writer, base, profile.latestTs);
  writeConsent(writer, profile.consent, base);
  writeMark(writer, profile.reinstated, base);
  writeMark(writer, profile.complaint, base);
  writeComplaints(writer, profile.complaints);
  writeInstant(writer, base, profile.firstDeliveredAt);
  writeInstant(writer, base, profile.engagedAt);
  writeCount(writer, profile.older);
  writeNames(writer, profile.customerIds, base);
  writeNames(writer, profile.cioIds, base);
  writeNames(writer, profile.emailHashes, base);
  writeSeen(writer, profile.seen, base);
  const filled = CHANNELS.filter((name) => !isEmptyChannel(profile.channels[name]));
  writeCount(writer, filled.length);
  for (const name of filled) {
    writeByte(writer, CHANNELS.indexOf(name));
    writeChannel(writer, profile.channels[name], base);
  }
}

function readChannels(reader: Reader, base: number): ProfileState['channels'] {
  const channels: Record<Channel, ChannelState> = {
    email: EMPTY_CHANNEL,
    sms: EMPTY_CHANNEL,
    whatsapp: EMPTY_CHANNEL,
    push: EMPTY_CHANNEL,
  };
  const count = readCount(reader);
  for (let index = 0; index < count && !reader.isBroken; index += 1) {
    const name = CHANNELS[readByte(reader)];
    if (name === undefined) reader.isBroken = true;
    else channels[name] = readChannel(reader, base);
  }
  return channels;
}

export function readProfile(reader: Reader): ProfileState {
  const isDated = readByte(reader) === 1;
  const base = readSigned(reader);
  return {
    newestReceipt: isDated ? base : null,
    latestTs: readInstant(reader, base),
    consent: readConsent(reader, base),
    reinstated: readMark(reader, base),
    complaint: readMark(reader, base),
    complaints: readComplaints(reader),
    firstDeliveredAt: readInstant(reader, base),
    engagedAt: readInstant(reader, base),
    older: readCount(reader),
    customerIds: readNames(reader, base),
    cioIds: readNames(reader, base),
    emailHashes: readNames(reader, base),
    seen: readSeen(reader, base),
    channels: readChannels(reader, base),
  };
}
