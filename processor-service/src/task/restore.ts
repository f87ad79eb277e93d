import type { Decoder } from '@landed/schemas/codec';
import { DecodeError } from '@landed/schemas/codec';
import type { Delivery, Profile } from '@landed/schemas/events.gen';
import { OperationError } from '@landed/schemas/fate';
import type { Logger } from 'pino';
import type { LogRecord, PartitionBounds, PartitionReader } from '../log/partition-reader.ts';
import { LostInputError } from './lost-input.ts';
import type { StateFolder } from './store/state-folder.ts';
import type { Checkpoint, ProfileWrite, Store, StoreWrites } from './store/store.ts';
import type { InputPosition, ReadPosition } from './transaction.ts';

/*
 * Brings the store to what was last committed, and says where the input goes on. It runs right after
 * the partition's producer was opened: then no transaction on these topics is open any more, so their
 * last stable offset is their end, and the committed position is final.
 */

export type RestoreDeps = {
  readonly partition: number;
  readonly topics: {
    readonly raw: string;
    readonly profiles: string;
    readonly deliveries: string;
  };
  readonly reader: Pick<PartitionReader, 'bounds' | 'read'>;
  readonly readPosition: ReadPosition;
  readonly openFolder: (discard?: string) => Promise<StateFolder>;
  readonly profiles: Decoder<Profile>;
  readonly deliveries: Decoder<Delivery>;
  /** Fingerprint of the key addresses are hashed with. */
  readonly hashKey: string;
  /** Throws while the state disk is too full to be written. */
  readonly assertFreeSpace: () => void;
  readonly now: () => number;
  readonly logger: Logger;
};

export type Restored = {
  readonly folder: StateFolder;
  readonly position: InputPosition;
  readonly records: number;
};

/** Only the header of a value is looked at to learn which schema it needs. */
const headerOf = (schemaId: number): Buffer => {
  const header = Buffer.alloc(5);
  header.writeInt32BE(schemaId, 1);
  return header;
};

type StateBounds = { readonly profiles: PartitionBounds; readonly deliveries: PartitionBounds };

/** Why a checkpoint cannot be restored from; null when it can. */
function unusable(checkpoint: Checkpoint, bounds: StateBounds): string | null {
  const ends: [bigint, PartitionBounds][] = [
    [checkpoint.profilesNext, bounds.profiles],
    [checkpoint.deliveriesNext, bounds.deliveries],
  ];
  for (const [next, { earliest, lastStableOffset }] of ends) {
    // At offset 0 nothing was read yet: there retention has removed nothing we had to see.
    if (next < earliest && next !== 0n) return 'its checkpoint lies before the state that is kept';
    if (next > lastStableOffset) return 'its checkpoint lies after the end of the state topics';
  }
  return null;
}

function profileWrite(deps: RestoreDeps, value: Buffer): ProfileWrite {
  const profile = deps.profiles.decode(value);
  if (profile.hash_key_fingerprint !== deps.hashKey) {
    throw new OperationError(
      `the state was made under another LANDED_HASH_KEY (fingerprint ${profile.hash_key_fingerprint}, now ${deps.hashKey})`,
      { retriable: false },
    );
  }
  return { value, timerAt: profile.timer_at };
}

const schemaIdOf = (value: Buffer): number => value.readInt32BE(1);

type Restoring = { readonly store: Store; checkpoint: Checkpoint };

const textOf = (key: Buffer | null): string => key?.toString() ?? '';

/** The last value of each key in a page: earlier ones are superseded. */
function lastByKey(records: readonly LogRecord[]): Map<string, Buffer | null> {
  return new Map(records.map(({ key, value }) => [textOf(key), value]));
}

async function applyPage(
  deps: RestoreDeps,
  restoring: Restoring,
  topic: 'profiles' | 'deliveries',
  page: { readonly records: readonly LogRecord[]; readonly nextOffset: bigint },
): Promise<void> {
  deps.assertFreeSpace();
  const last = lastByKey(page.records);
  const values = [...last.values()].filter((value) => value !== null);
  await deps[topic].prepare(values);
  const ids = new Set([...restoring.checkpoint.schemaIds, ...values.map(schemaIdOf)]);
  const checkpoint: Checkpoint = {
    ...restoring.checkpoint,
    [topic === 'profiles' ? 'profilesNext' : 'deliveriesNext']: page.nextOffset,
    schemaIds: [...ids],
    writtenAt: deps.now(),
  };
  const profiles = new Map<string, ProfileWrite | null>();
  if (topic === 'profiles') {
    for (const [key, value] of last) {
      profiles.set(key, value === null ? null : profileWrite(deps, value));
    }
  }
  const deliveries = topic === 'deliveries' ? last : new Map<string, Buffer | null>();
  restoring.store.apply({ profiles, deliveries }, checkpoint);
  restoring.checkpoint = checkpoint;
}

async function replay(
  deps: RestoreDeps,
  restoring: Restoring,
  topic: 'profiles' | 'deliveries',
  bounds: PartitionBounds,
): Promise<number> {
  const { partition } = deps;
  const next =
    topic === 'profiles' ? restoring.checkpoint.profilesNext : restoring.checkpoint.deliveriesNext;
  const from = next < bounds.earliest ? bounds.earliest : next;
  const to = bounds.lastStableOffset;
  let count = 0;
  for await (const page of deps.reader.read({ topic: deps.topics[topic], partition, from, to })) {
    await applyPage(deps, restoring, topic, page);
    count += page.records.length;
  }
  return count;
}

/** Where the input goes on. The store never goes back: what it holds was committed. */
function inputPosition(
  deps: RestoreDeps,
  committed: InputPosition | null,
  stored: Checkpoint,
  raw: PartitionBounds,
): InputPosition {
  const { partition, logger } = deps;
  let position = committed ?? { nextOffset: raw.earliest, clock: 0 };
  if (stored.inputNext !== null && stored.inputNext > position.nextOffset) {
    logger.warn({ partition }, 'the committed offset was set back: going on from the stored one');
    position = { nextOffset: stored.inputNext, clock: stored.clock };
  }
  if (position.nextOffset < raw.earliest) {
    throw new LostInputError(partition, position.nextOffset, raw.earliest);
  }
  return position;
}

const NOTHING: StoreWrites = { profiles: new Map(), deliveries: new Map() };
const NOTHING_STORED: Checkpoint = {
  inputNext: null,
  clock: 0,
  profilesNext: 0n,
  deliveriesNext: 0n,
  writtenAt: 0,
  schemaIds: [],
};

async function boundsOf(deps: RestoreDeps, topic: string): Promise<PartitionBounds> {
  const bounds = (await deps.reader.bounds(topic, [deps.partition])).get(deps.partition);
  if (bounds === undefined) throw new OperationError(`no bounds of ${topic}`, { retriable: true });
  return bounds;
}

async function openUsable(deps: RestoreDeps, bounds: StateBounds): Promise<StateFolder> {
  const folder = await deps.openFolder();
  const checkpoint = folder.store.checkpoint();
  const reason = checkpoint === null ? null : unusable(checkpoint, bounds);
  if (reason === null) return folder;
  await folder.close();
  return deps.openFolder(reason);
}

/**
 * Restores one partition.
 *
 * @throws LostInputError when raw records were removed before they were processed; OperationError,
 *   not retriable, when the state cannot be used by this program; retriable for an outage
 */
export async function restore(deps: RestoreDeps): Promise<Restored> {
  const { topics, partition, logger } = deps;
  const bounds = {
    profiles: await boundsOf(deps, topics.profiles),
    deliveries: await boundsOf(deps, topics.deliveries),
  };
  const folder = await openUsable(deps, bounds);
  try {
    if (folder.discarded !== null) {
      logger.warn({ partition, reason: folder.discarded }, 'the local store is thrown away');
    }
    const { store } = folder;
    const checkpoint = store.checkpoint() ?? NOTHING_STORED;
    await deps.profiles.prepare(checkpoint.schemaIds.map(headerOf));
    await deps.deliveries.prepare(checkpoint.schemaIds.map(headerOf));
    const restoring: Restoring = { store, checkpoint };
    const profiles = await replay(deps, restoring, 'profiles', bounds.profiles);
    const deliveries = await replay(deps, restoring, 'deliveries', bounds.deliveries);
    const committed = await deps.readPosition(partition);
    const raw = await boundsOf(deps, topics.raw);
    const position = inputPosition(deps, committed, restoring.checkpoint, raw);
    const { nextOffset: inputNext, clock } = position;
    store.apply(NOTHING, { ...restoring.checkpoint, inputNext, clock, writtenAt: deps.now() });
    return { folder, position, records: profiles + deliveries };
  } catch (error) {
    await folder.close();
    if (error instanceof DecodeError) {
      throw new OperationError('a state record cannot be decoded', {
        retriable: false,
        cause: error,
      });
    }
    throw error;
  }
}
