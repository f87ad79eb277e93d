import type { Admin } from 'kafkajs';
import { OperationError } from '@landed/schemas/fate';
import type { TopicSpec } from '@landed/schemas/topics';
import { pause, within } from '../../log/deadline.ts';
import type { PartitionReader } from '../../log/partition-reader.ts';

/** How far one partition goes, and how far its reader has committed. */
export type Reach = {
  readonly earliest: bigint;
  /** Last stable offset. */
  readonly end: bigint;
  /** What the group that reads it has committed; `earliest` before its first commit. */
  readonly committed: bigint;
};

/** One moment: what each topic holds and what was done with it by then. */
export type Cut = {
  readonly raw: readonly Reach[];
  readonly outcomes: readonly Reach[];
  readonly scoreChanges: readonly Reach[];
  readonly profiles: readonly Reach[];
  readonly deadLetters: readonly Reach[];
};

export type CutDeps = {
  readonly admin: Admin;
  readonly reader: Pick<PartitionReader, 'bounds'>;
  readonly specs: readonly TopicSpec[];
  readonly scoreGroup: string;
  readonly warehouseGroup: string;
};

const CALL_MS = 15_000;

/**
 * In the order in which their ends are read: a profile never stands at a version whose change lies
 * beyond the end of the score changes.
 */
const WAREHOUSE_TOPICS = ['profiles', 'scoreChanges', 'outcomes', 'deadLetters'] as const;

function specOf(specs: readonly TopicSpec[], key: TopicSpec['key']): TopicSpec {
  const spec = specs.find((candidate) => candidate.key === key);
  if (!spec) throw new OperationError(`no topic ${key}`, { retriable: false });
  return spec;
}

async function committedOf(
  deps: CutDeps,
  groupId: string,
  topics: string[],
): Promise<ReadonlyMap<string, bigint>> {
  const asked = deps.admin.fetchOffsets({ groupId, topics });
  const answer = await within(asked, CALL_MS, 'committed offsets');
  return new Map(
    answer.flatMap(({ topic, partitions }) =>
      partitions
        .filter(({ offset }) => BigInt(offset) >= 0n)
        .map(({ partition, offset }) => [`${topic}-${partition}`, BigInt(offset)] as const),
    ),
  );
}

async function reachesOf(
  deps: CutDeps,
  spec: TopicSpec,
  committed: ReadonlyMap<string, bigint>,
): Promise<readonly Reach[]> {
  const partitions = Array.from({ length: spec.partitions }, (_, partition) => partition);
  const bounds = await deps.reader.bounds(spec.name, partitions, CALL_MS);
  return partitions.map((partition) => {
    const { earliest, lastStableOffset } = bounds.get(partition) ?? {
      earliest: 0n,
      lastStableOffset: 0n,
    };
    const done = committed.get(`${spec.name}-${partition}`) ?? earliest;
    return { earliest, end: lastStableOffset, committed: done < earliest ? earliest : done };
  });
}

/**
 * Takes the cut. Commits are read before the ends of the topics: whatever a committed raw record led
 * to then lies before those ends, since both were made durable at once.
 */
export async function takeCut(deps: CutDeps): Promise<Cut> {
  const raw = specOf(deps.specs, 'raw');
  const byScore = await committedOf(deps, deps.scoreGroup, [raw.name]);
  const specs = WAREHOUSE_TOPICS.map((key) => specOf(deps.specs, key));
  const byWarehouse = await committedOf(
    deps,
    deps.warehouseGroup,
    specs.map((spec) => spec.name),
  );
  const reaches = new Map<string, readonly Reach[]>();
  for (const spec of specs) reaches.set(spec.key, await reachesOf(deps, spec, byWarehouse));
  const of = (key: (typeof WAREHOUSE_TOPICS)[number]): readonly Reach[] => reaches.get(key) ?? [];
  return {
    raw: await reachesOf(deps, raw, byScore),
    outcomes: of('outcomes'),
    scoreChanges: of('scoreChanges'),
    profiles: of('profiles'),
    deadLetters: of('deadLetters'),
  };
}

const left = (reaches: readonly Reach[]): number =>
  reaches.reduce(
    (sum, { end, committed }) => sum + Number(end > committed ? end - committed : 0n),
    0,
  );

/** Records under way: raw ones that no score has seen, and committed ones that are no rows yet. */
export function underWay(cut: Cut): { readonly raw: number; readonly rows: number } {
  const rows = WAREHOUSE_TOPICS.reduce((sum, key) => sum + left(cut[key]), 0);
  return { raw: left(cut.raw), rows };
}

/** Rows of so many records are looked at together: digests of them fit in some 100 MB. */
const GROUP_RECORDS_MAX = 500_000;

const heldBy = (cut: Cut, partition: number): number =>
  [cut.outcomes, cut.scoreChanges, cut.profiles].reduce((sum, reaches) => {
    const reach = reaches[partition];
    return sum + (reach ? Number(reach.end - reach.earliest) : 0);
  }, 0);

/** Partitions in groups of bounded size; a large one stands alone. */
export function partitionGroups(
  cut: Cut,
  recordsMax = GROUP_RECORDS_MAX,
): readonly (readonly number[])[] {
  const groups: number[][] = [];
  let held = Infinity;
  for (const partition of cut.raw.keys()) {
    const records = heldBy(cut, partition);
    if (held + records > recordsMax) {
      groups.push([]);
      held = 0;
    }
    groups.at(-1)?.push(partition);
    held += records;
  }
  return groups;
}

const ends = (reaches: readonly Reach[]): readonly bigint[] => reaches.map(({ end }) => end);

const hasReached = (reaches: readonly Reach[], target: readonly bigint[]): boolean =>
  reaches.every(({ committed }, partition) => committed >= (target[partition] ?? 0n));

const LOOK_MS = 300;

/**
 * Waits until everything that is stored now has come through: the score up to the present ends of the
 * raw topic, then the rows up to what the score had written by then. Traffic may go on meanwhile.
 *
 * @returns whether it did before the deadline (ms of `performance.now`)
 */
export async function waitForCut(
  take: () => Promise<Cut>,
  deadline: number,
  signal: AbortSignal,
): Promise<boolean> {
  let cut = await take();
  const target = ends(cut.raw);
  while (!hasReached(cut.raw, target)) {
    if (performance.now() > deadline || signal.aborted) return false;
    await pause(LOOK_MS, signal);
    cut = await take();
  }
  const written = WAREHOUSE_TOPICS.map((key) => [key, ends(cut[key])] as const);
  while (!written.every(([key, upTo]) => hasReached(cut[key], upTo))) {
    if (performance.now() > deadline || signal.aborted) return false;
    await pause(LOOK_MS, signal);
    cut = await take();
  }
  return true;
}
