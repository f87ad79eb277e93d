import type { Admin, Kafka } from 'kafkajs';
import { within } from '../log/deadline.ts';
import type { PartitionReader, Position } from '../log/partition-reader.ts';

/** Partitions by topic, as a group hands them out. */
export type Assignment = Readonly<Record<string, readonly number[]>>;

export type GroupPositions = {
  /**
   * Where the group stands; where it never was, the oldest record kept. Rejects when Kafka does not
   * answer in time; the next call connects anew.
   */
  readonly of: (assignment: Assignment) => Promise<readonly Position[]>;
  readonly close: () => Promise<void>;
};

const CALL_MS = 15_000;

/** Reads the committed offsets of one group. */
export function createGroupPositions(deps: {
  readonly kafka: Kafka;
  readonly reader: Pick<PartitionReader, 'bounds'>;
  readonly groupId: string;
}): GroupPositions {
  const { kafka, reader, groupId } = deps;
  let admin: Admin | null = null;

  const close = async (): Promise<void> => {
    const closing = admin;
    admin = null;
    await closing?.disconnect();
  };

  const committed = async (topics: string[]): Promise<ReadonlyMap<string, bigint>> => {
    if (admin === null) {
      const fresh = kafka.admin();
      await within(fresh.connect(), CALL_MS, 'Kafka admin');
      admin = fresh;
    }
    const asked = admin.fetchOffsets({ groupId, topics });
    const answer = await within(asked, CALL_MS, 'committed offsets');
    const offsets = answer.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => [`${topic}-${partition}`, BigInt(offset)] as const),
    );
    return new Map(offsets.filter(([, offset]) => offset >= 0n));
  };

  return {
    of: async (assignment) => {
      try {
        const offsets = await committed(Object.keys(assignment));
        const positions: Position[] = [];
        for (const [topic, partitions] of Object.entries(assignment)) {
          const fresh = partitions.filter((partition) => !offsets.has(`${topic}-${partition}`));
          const bounds = fresh.length === 0 ? null : await reader.bounds(topic, fresh, CALL_MS);
          for (const partition of partitions) {
            const stood = offsets.get(`${topic}-${partition}`);
            const offset = stood ?? bounds?.get(partition)?.earliest ?? 0n;
            positions.push({ topic, partition, offset });
          }
        }
        return positions;
      } catch (error) {
        await close().catch(() => undefined);
        throw error;
      }
    },
    close,
  };
}
