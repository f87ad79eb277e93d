import type { Registry as SchemaRegistry } from '@landed/schemas/registry';
import type { Environment } from '@landed/schemas/settings';
import type { Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type { Registry as MetricsRegistry } from 'prom-client';
import type { Config } from './config.ts';
import type { PartitionReader } from './log/partition-reader.ts';

/** A part of the processor that runs by itself beside the others. */
export interface Role {
  /** Resolves when it is under way. Outages are waited for inside. */
  readonly start: () => Promise<void>;
  /** Finishes what is at hand. Called once. */
  readonly stop: () => Promise<void>;
  readonly isReady: () => boolean;
}

/** What every role is given. */
export type RoleDeps = {
  /** The environment as given, for roles with settings of their own. */
  readonly env: Environment;
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  readonly kafka: Kafka;
  readonly createReader: () => PartitionReader;
  readonly registry: SchemaRegistry;
  /** Ends the process, for what waiting does not mend. */
  readonly onCrash: (error: unknown) => void;
};
