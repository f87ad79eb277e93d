import { open } from 'lmdb';
import type { Database, RootDatabase } from 'lmdb';
import { SEPARATOR, storedDeliveryKey } from './store.ts';
import type { Checkpoint, ProfileWrite, Store, StoreWrites, Timer } from './store.ts';

/*
 * Layout: `profiles` (profile key -> timer instant, 8 bytes, then the record's value), `deliveries`
 * (profile key, NUL, delivery id -> value), `timers` (instant, 8 bytes, profile key -> nothing),
 * `meta` (one entry). Keys are bytes, so their order is that of the bytes.
 */

/** Change it with the layout: stores of another number are thrown away and restored. */
export const STORE_LAYOUT = 1;

const META_KEY = Buffer.from('checkpoint');
const TIMER_BYTES = 8;
const NO_TIMER = 0xffff_ffff_ffff_ffffn;
const NOTHING = Buffer.alloc(0);

type Bytes = Database<Buffer, Buffer>;

const timerPrefix = (at: number | null): Buffer => {
  const prefix = Buffer.alloc(TIMER_BYTES);
  prefix.writeBigUInt64BE(at === null ? NO_TIMER : BigInt(at));
  return prefix;
};
const timerKey = (at: number, key: Buffer): Buffer => Buffer.concat([timerPrefix(at), key]);
const readTimer = (entry: Buffer): number | null => {
  const at = entry.readBigUInt64BE(0);
  return at === NO_TIMER ? null : Number(at);
};

function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  const text = (_name: string, value: unknown): unknown =>
    typeof value === 'bigint' ? value.toString() : value;
  return Buffer.from(JSON.stringify(checkpoint, text));
}

function decodeCheckpoint(bytes: Buffer): Checkpoint {
  const read = JSON.parse(bytes.toString()) as Record<string, unknown>;
  const offset = (name: string): bigint => BigInt(String(read[name]));
  return {
    inputNext: read['inputNext'] === null ? null : offset('inputNext'),
    clock: Number(read['clock']),
    profilesNext: offset('profilesNext'),
    deliveriesNext: offset('deliveriesNext'),
    writtenAt: Number(read['writtenAt']),
    schemaIds: read['schemaIds'] as number[],
  };
}

type Tables = {
  readonly profiles: Bytes;
  readonly deliveries: Bytes;
  readonly timers: Bytes;
  readonly meta: Bytes;
};

function writeProfile(
  { profiles, timers }: Tables,
  text: string,
  write: ProfileWrite | null,
): void {
  const key = Buffer.from(text);
  const before = profiles.get(key);
  const timerBefore = before === undefined ? null : readTimer(before);
  const timerAfter = write?.timerAt ?? null;
  if (timerBefore !== null && timerBefore !== timerAfter)
    timers.removeSync(timerKey(timerBefore, key));
  if (timerAfter !== null && timerBefore !== timerAfter)
    timers.putSync(timerKey(timerAfter, key), NOTHING);
  if (write === null) profiles.removeSync(key);
  else profiles.putSync(key, Buffer.concat([timerPrefix(timerAfter), write.value]));
}

function writeAll(tables: Tables, writes: StoreWrites, checkpoint: Checkpoint): void {
  for (const [key, write] of writes.profiles) writeProfile(tables, key, write);
  for (const [topicKey, value] of writes.deliveries) {
    const key = Buffer.from(storedDeliveryKey(topicKey));
    if (value === null) tables.deliveries.removeSync(key);
    else tables.deliveries.putSync(key, value);
  }
  tables.meta.putSync(META_KEY, encodeCheckpoint(checkpoint));
}

function timersOf(timers: Bytes, end: Buffer, limit: number): Timer[] {
  const found: Timer[] = [];
  for (const key of timers.getKeys({ end, limit })) {
    const at = readTimer(key);
    if (at !== null) found.push({ at, key: key.toString('utf8', TIMER_BYTES) });
  }
  return found;
}

function openTables(path: string): { root: RootDatabase; tables: Tables } {
  // The changelog is the truth and the checkpoint says from where to restore, so nothing is synced
  // here: a killed process loses nothing, a crashed machine is noticed by its boot id.
  const root = open({
    path,
    noSync: true,
    useWritemap: true,
    noMemInit: true,
    maxDbs: 8,
    maxReaders: 16,
  });
  const table = (name: string): Bytes =>
    root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' });
  const tables = {
    profiles: table('profiles'),
    deliveries: table('deliveries'),
    timers: table('timers'),
    meta: table('meta'),
  };
  return { root, tables };
}

/** Opens (or creates) a store in a folder. The folder belongs to the caller, see state-folder.ts. */
export function openLmdbStore(path: string): Store {
  const { root, tables } = openTables(path);
  const { profiles, deliveries, timers, meta } = tables;
  const END = Buffer.alloc(TIMER_BYTES + 1, 0xff);

  const ofProfile = (profileKey: string): Buffer[] => {
    const start = Buffer.from(profileKey + SEPARATOR);
    const end = Buffer.from(`${profileKey}\u0001`);
    return [...deliveries.getRange({ start, end }).map(({ value }) => value)];
  };

  return {
    checkpoint: () => {
      const bytes = meta.get(META_KEY);
      return bytes === undefined ? null : decodeCheckpoint(bytes);
    },
    profile: (key) => profiles.get(Buffer.from(key))?.subarray(TIMER_BYTES) ?? null,
    deliveries: ofProfile,
    timersUntil: (instant, limit) => timersOf(timers, timerPrefix(instant + 1), limit),
    firstTimer: () => timersOf(timers, END, 1)[0] ?? null,
    apply: (writes, checkpoint) => {
      root.transactionSync(() => writeAll(tables, writes, checkpoint));
    },
    dump: function* () {
      for (const { key, value } of profiles.getRange()) {
        yield { key: key.toString(), value: value.subarray(TIMER_BYTES) };
      }
      for (const { key, value } of deliveries.getRange()) yield { key: key.toString(), value };
    },
    close: async () => root.close(),
  };
}
