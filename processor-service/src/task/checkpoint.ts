import type { Metrics } from '../metrics.ts';
import { cutSends } from './output.ts';
import type { TaskProducer } from './transaction.ts';
import type { Turn } from './turn.ts';
import type { Checkpoint, Store } from './store/store.ts';

export type CheckpointDeps = {
  readonly producer: TaskProducer;
  readonly store: Pick<Store, 'checkpoint' | 'apply'>;
  readonly topics: { readonly profiles: string; readonly deliveries: string };
  /** Schema ids of what this program writes. */
  readonly stateSchemaIds: readonly number[];
  /** Rejects or throws while the state disk is too full to be written. */
  readonly assertFreeSpace: () => void;
  readonly observe: Metrics['checkpointStep'];
  /** Wall time, ms. */
  readonly now: () => number;
  /** A place to die, for the tests that kill between two steps. Does nothing otherwise. */
  readonly reached: (step: CheckpointStep) => Promise<void>;
};

export type CheckpointStep = 'begin' | 'send' | 'offsets' | 'commit' | 'store';

/**
 * Commits a turn: the only place that produces, commits, and changes the store. Any rejection means
 * that the producer is to be dropped and everything read again from the log.
 *
 * @throws FencedError when another owner has taken over; OperationError for everything else
 */
export async function checkpoint(deps: CheckpointDeps, turn: Turn): Promise<void> {
  const { producer, store, reached } = deps;
  const timer = deps.observe();

  // 0. Room on the disk, before anything is begun: step 5 must not fail for it, and a full disk
  //    under a memory map would kill the process. Nothing has happened yet.
  deps.assertFreeSpace();
  // 1. Open a transaction. A crash after it leaves nothing: no broker has heard of it.
  const transaction = await producer.begin();
  await reached('begin');
  timer('begin');
  // 2. Send outcomes, score changes, dead letters and state records. A crash after it leaves records
  //    that no reader sees: the next owner's init aborts them, or the broker after 30 s.
  const written = new Map<string, bigint>();
  for (const records of cutSends(turn.outputs)) {
    for (const [topic, next] of await transaction.send(records)) written.set(topic, next);
  }
  await reached('send');
  timer('send');
  // 3. Add the input position. A crash after it is the same: the position counts with the commit only.
  await transaction.sendPosition({ nextOffset: turn.nextOffset, clock: turn.clock });
  await reached('offsets');
  timer('offsets');
  // 4. Commit. A crash, or a lost answer, leaves it open whether it counts: the restart asks the log
  //    (init waits for the outcome, then the committed offset says which). Never guess here.
  await transaction.commit();
  await reached('commit');
  timer('commit');
  // 5. Write the overlay and the checkpoint to the store at once. A crash before or in it leaves the
  //    store one turn behind: its checkpoint says so, and the turn is restored from the state topics.
  store.apply(turn.writes, nextCheckpoint(deps, turn, written));
  await reached('store');
  timer('store');
}

function nextCheckpoint(
  deps: CheckpointDeps,
  turn: Turn,
  written: ReadonlyMap<string, bigint>,
): Checkpoint {
  const before = deps.store.checkpoint();
  const { profiles, deliveries } = deps.topics;
  return {
    inputNext: turn.nextOffset,
    clock: turn.clock,
    // The marker of the commit stands after the last record: the next restore passes over it.
    profilesNext: written.get(profiles) ?? before?.profilesNext ?? 0n,
    deliveriesNext: written.get(deliveries) ?? before?.deliveriesNext ?? 0n,
    writtenAt: deps.now(),
    schemaIds: [...new Set([...(before?.schemaIds ?? []), ...deps.stateSchemaIds])],
  };
}
