import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** Files that take longest: begun first, so that no worker ends alone with one of them. */
const LONGEST = ['start.int', 'fuzz', 'trouble.int', 'images.int'];

class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return at < 0 ? LONGEST.length : at;
    };
    return Promise.resolve([...files].sort((a, b) => rank(a) - rank(b)));
  }
}

/**
 * Three tiers by file name. `unit` needs nothing; `int` and `e2e` share one embedded stack
 * (or the servers named by KAFKA_BROKERS, SCHEMA_REGISTRY_URL and CLICKHOUSE_URL).
 */
const shared = { environment: 'node', pool: 'forks' } as const;
const stackSetup = ['deploy/local/vitest-stack.ts'];

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['**/test/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.int.test.ts', '**/*.e2e.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'int',
          include: ['**/test/**/*.int.test.ts'],
          exclude: ['**/node_modules/**'],
          globalSetup: stackSetup,
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'containers',
          include: ['**/test/**/*.int.test.ts'],
          exclude: ['**/node_modules/**'],
          globalSetup: ['deploy/local/vitest-containers.ts'],
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'e2e',
          include: ['deploy/e2e/**/*.e2e.test.ts'],
          exclude: ['**/node_modules/**'],
          maxWorkers: 1,
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
