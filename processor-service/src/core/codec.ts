import { closeWriter, isDone, openReader, openWriter, readByte, writeByte } from './bytes.ts';
import { readDelivery, writeDelivery } from './codec-delivery.ts';
import { readProfile, writeProfile } from './codec-profile.ts';
import type { DeliveryState } from './delivery.ts';
import type { ProfileState } from './profile.ts';

/**
 * Version of the binary layout, also the first byte of every state. A new layout reads the old
 * ones; an unknown one is an outage (a newer program wrote it), never poison.
 */
export const LAYOUT_VERSION = 1;

/** The same state gives the same bytes, in whatever order its events came. */
export function encodeProfileState(profile: ProfileState): Buffer {
  const writer = openWriter();
  writeByte(writer, LAYOUT_VERSION);
  writeProfile(writer, profile);
  return closeWriter(writer);
}

/** Null when the layout is unknown or the bytes are not a state. */
export function decodeProfileState(bytes: Uint8Array): ProfileState | null {
  const reader = openReader(bytes);
  if (readByte(reader) !== LAYOUT_VERSION) return null;
  const profile = readProfile(reader);
  return isDone(reader) ? profile : null;
}

/** The delivery id is not part of the bytes: it stands in the record and its key. */
export function encodeDeliveryState(delivery: DeliveryState): Buffer {
  const writer = openWriter();
  writeByte(writer, LAYOUT_VERSION);
  writeDelivery(writer, delivery);
  return closeWriter(writer);
}

/** Null when the layout is unknown or the bytes are not a state. */
export function decodeDeliveryState(deliveryId: string, bytes: Uint8Array): DeliveryState | null {
  const reader = openReader(bytes);
  if (readByte(reader) !== LAYOUT_VERSION) return null;
  const delivery = readDelivery(reader, deliveryId);
  return isDone(reader) ? delivery : null;
}
