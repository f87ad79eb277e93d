import type { PartitionReader } from '../../log/partition-reader.ts';
import type { Reach } from './cut.ts';

/** Time of the oldest record kept where retention took older ones, ms; else 0. */
export async function keptSince(
  reader: PartitionReader,
  topic: string,
  partition: number,
  { earliest, end }: Reach,
): Promise<number> {
  if (earliest === 0n) return 0;
  const range = { topic, partition, from: earliest, to: end, pageBytes: 65_536 };
  for await (const { records } of reader.read(range)) {
    const [first] = records;
    if (first) return first.timestamp;
  }
  return 0;
}
