import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openLmdbStore } from '@landed/processor-service/task/store/lmdb-store';
import { SEPARATOR } from '@landed/processor-service/task/store/store';

export type StoresOptions = {
  /** State folders of all processors. */
  readonly stateDirs: readonly string[];
  readonly rawTopic: string;
  /** Committed raw offset of each partition. */
  readonly committed: readonly bigint[];
};

/**
 * What the stores of the last owners hold, as `key value` texts. A processor keeps the store of a
 * partition it lost: only one that stands at the committed offset speaks for the partition.
 */
export async function readStores(options: StoresOptions): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const [partition, offset] of options.committed.entries()) {
    for (const stateDir of options.stateDirs) {
      const path = join(stateDir, `${options.rawTopic}-${partition}`, 'data');
      if (!existsSync(path)) continue;
      const store = openLmdbStore(path);
      const isCurrent = store.checkpoint()?.inputNext === offset;
      if (isCurrent) {
        for (const { key, value } of store.dump()) {
          texts.push(`${key.replace(SEPARATOR, '#')} ${value.toString('base64')}`);
        }
      }
      await store.close();
      if (isCurrent) break;
    }
  }
  return texts;
}
