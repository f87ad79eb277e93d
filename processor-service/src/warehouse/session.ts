import { OperationError } from '@landed/schemas/fate';
import { pause } from '../log/deadline.ts';
import type { Fetched, PartitionReader, Position } from '../log/partition-reader.ts';
import { createRowBuffer } from './buffer.ts';
import type { RowBuffer } from './buffer.ts';
import type { WarehouseSettings } from './config.ts';
import type { ParkedRecord } from './dead-letter-writer.ts';
import { flush } from './flush.ts';
import type { FlushDeps } from './flush.ts';
import type { Lag } from './lag.ts';
import type { RowMaker } from './make-rows.ts';
import type { Session } from './membership.ts';

/** What the warehouse reads from and writes to. */
export type Line = {
  readonly settings: WarehouseSettings;
  readonly reader: PartitionReader;
  readonly rowMaker: RowMaker;
  readonly flushDeps: FlushDeps;
  readonly lag: Lag;
  readonly isStopping: () => boolean;
  readonly now: () => number;
};

const POLL_MS = 250;

const nameOf = ({ topic, partition }: { topic: string; partition: number }): string =>
  `${topic}-${partition}`;

/** What one session has read and not yet written. */
type Progress = {
  readonly positions: Map<string, Position>;
  readonly buffer: RowBuffer;
  parked: ParkedRecord[];
  /** Partitions that moved since the last commit. */
  readonly moved: Set<string>;
};

/** Takes in what was fetched. Nothing moves when it rejects. */
async function takeIn(line: Line, progress: Progress, fetched: readonly Fetched[]): Promise<void> {
  const came = fetched.filter((part) => part.kind === 'records');
  const made = await line.rowMaker.make(came);
  for (const one of made) {
    if (one.kind === 'row') progress.buffer.add(one.table, one.row);
    else progress.parked.push(one.parked);
  }
  for (const part of came) {
    const name = nameOf(part);
    if (progress.positions.get(name)?.offset !== part.nextOffset) progress.moved.add(name);
    const { topic, partition, nextOffset } = part;
    progress.positions.set(name, { topic, partition, offset: nextOffset });
    line.lag.note(topic, partition, part.bounds.lastStableOffset - nextOffset);
  }
}

/** Records that should become rows are gone, or the topic is another one. Only a person can tell. */
function refuseLoss(fetched: readonly Fetched[]): void {
  const lost = fetched.find((part) => part.kind === 'out_of_range');
  if (lost === undefined) return;
  const { earliest, highWatermark } = lost.bounds;
  throw new OperationError(
    `${nameOf(lost)}: the offset to go on from is not within ${earliest.toString()} to ` +
      `${highWatermark.toString()}: rows are lost or the topic was made anew. ` +
      `To go on, reset the offsets of the group.`,
    { retriable: false },
  );
}

async function flushProgress(line: Line, progress: Progress, session: Session): Promise<void> {
  const { buffer, parked, positions, moved } = progress;
  const to = [...moved].flatMap((name) => positions.get(name) ?? []);
  progress.parked = [];
  moved.clear();
  await flush(line.flushDeps, {
    buffer,
    parked,
    positions: to,
    commit: session.commit,
    signal: session.signal,
  });
}

/** Reads, collects, writes: until the session is over or the role stops. */
export async function runSession(line: Line, session: Session): Promise<void> {
  const { settings, reader, now } = line;
  const { daily, metrics } = line.flushDeps;
  const progress: Progress = {
    positions: new Map(session.positions.map((position) => [nameOf(position), position])),
    buffer: createRowBuffer({
      rowsMax: settings.flushRowsMax,
      bytesMax: settings.flushBytesMax,
      now,
    }),
    parked: [],
    moved: new Set(),
  };
  let flushedAt = now();
  daily.expectLeftBehind();
  while (!session.signal.aborted && !line.isStopping()) {
    const oldestAt = progress.buffer.oldestAt();
    const leftMs = oldestAt === null ? POLL_MS : oldestAt + settings.flushMs - now();
    const fetched =
      progress.positions.size === 0
        ? (await pause(POLL_MS, session.signal), [])
        : await reader.fetch({
            positions: [...progress.positions.values()],
            maxWaitMs: Math.round(Math.min(POLL_MS, Math.max(0, leftMs))),
          });
    refuseLoss(fetched);
    await takeIn(line, progress, fetched);
    const { rows, bytes } = progress.buffer.size();
    metrics.buffered(rows, bytes);
    const isOld = now() - (progress.buffer.oldestAt() ?? flushedAt) >= settings.flushMs;
    if (progress.buffer.isFull() || (isOld && progress.moved.size > 0)) {
      await flushProgress(line, progress, session);
      flushedAt = now();
      metrics.buffered(0, 0);
    }
    await daily.refreshIfDue(session.signal);
  }
  if (progress.moved.size > 0) await flushProgress(line, progress, session);
  if (line.isStopping() && !session.signal.aborted) await daily.refreshNow(session.signal);
}
