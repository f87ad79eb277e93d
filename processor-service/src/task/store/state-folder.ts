import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '@landed/schemas/fate';
import { STORE_LAYOUT, openLmdbStore } from './lmdb-store.ts';
import { takeOwnerLock } from './owner-lock.ts';
import type { Store } from './store.ts';

/*
 * A folder per partition: `owner.json` (who has it open), `identity.json` (whose state it is),
 * `clean.json` (present after an orderly stop), `data/` (the store). It decides whether what lies
 * there may still be used. When in doubt it is thrown away: the state topics have everything.
 */

/** What a store belongs to. With anything different it is another one's state. */
export type StoreIdentity = {
  readonly clusterId: string;
  readonly topic: string;
  readonly partition: number;
  /** Fingerprint of the key addresses are hashed with. */
  readonly hashKey: string;
};

export type StateFolder = {
  readonly store: Store;
  /** Why what lay there was thrown away; null when it was kept or nothing lay there. */
  readonly discarded: string | null;
  /** Syncs, notes that the stop was orderly, and lets the folder go. */
  readonly close: () => Promise<void>;
};

export type StateFolderOptions = {
  readonly dir: string;
  readonly identity: StoreIdentity;
  readonly bootId: string;
  /** Wall time, ms. */
  readonly now: number;
  /** A checkpoint older than this may have missed tombstones that are gone by now. */
  readonly checkpointAgeMaxMs: number;
  /** Throw away what lies there, for the reason given. */
  readonly discard?: string;
};

type Identity = StoreIdentity & { readonly layout: number; readonly bootId: string };

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // Absent, or half written by a crash: as good as absent, the store is restored then.
    return null;
  }
}

/** Why the folder's content cannot be used; null when it can (or when there is none). */
function unusable(dir: string, wanted: Identity): string | null {
  const found = readJson(join(dir, 'identity.json')) as Identity | null;
  if (found === null) return 'it does not say whose it is';
  if (found.layout !== wanted.layout) return 'it has another layout';
  const isSame =
    found.clusterId === wanted.clusterId &&
    found.topic === wanted.topic &&
    found.partition === wanted.partition;
  if (!isSame) return 'it belongs to another cluster or topic';
  if (found.hashKey !== wanted.hashKey) {
    throw new OperationError(
      `${dir} holds state made under another LANDED_HASH_KEY (fingerprint ${found.hashKey}, now ${wanted.hashKey})`,
      { retriable: false },
    );
  }
  const isClean = readJson(join(dir, 'clean.json')) !== null;
  if (!isClean && found.bootId !== wanted.bootId) {
    return 'the machine was restarted after an unclean stop';
  }
  return null;
}

async function syncFile(path: string): Promise<void> {
  const file = await openFile(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function openData(dir: string, oldestMs: number): { store: Store; stale: string | null } {
  const store = openLmdbStore(join(dir, 'data'));
  const checkpoint = store.checkpoint();
  const isStale = checkpoint !== null && checkpoint.writtenAt < oldestMs;
  return { store, stale: isStale ? 'its checkpoint is older than tombstones are kept' : null };
}

/**
 * Takes a state folder and opens its store, thrown away first if it cannot be trusted.
 *
 * @throws OperationError, retriable while another process holds the folder, not retriable when the
 *   state was made under another hash key
 */
export async function openStateFolder(options: StateFolderOptions): Promise<StateFolder> {
  const { dir, bootId } = options;
  mkdirSync(dir, { recursive: true });
  const release = takeOwnerLock(join(dir, 'owner.json'), bootId);
  try {
    const identity: Identity = { ...options.identity, layout: STORE_LAYOUT, bootId };
    const dataDir = join(dir, 'data');
    const isEmpty = readJson(join(dir, 'identity.json')) === null && options.discard === undefined;
    let discarded = options.discard ?? unusable(dir, identity);
    const wipe = (): void => rmSync(dataDir, { recursive: true, force: true });
    if (discarded !== null) wipe();
    rmSync(join(dir, 'clean.json'), { force: true });
    writeFileSync(join(dir, 'identity.json'), JSON.stringify(identity));
    let opened = openData(dir, options.now - options.checkpointAgeMaxMs);
    if (opened.stale !== null) {
      discarded = opened.stale;
      await opened.store.close();
      wipe();
      opened = openData(dir, 0);
    }
    const { store } = opened;
    const close = async (): Promise<void> => {
      await store.close();
      await syncFile(join(dataDir, 'data.mdb'));
      writeFileSync(join(dir, 'clean.json'), JSON.stringify({ bootId }), { flush: true });
      release();
    };
    return { store, discarded: isEmpty ? null : discarded, close };
  } catch (error) {
    release();
    throw error;
  }
}
