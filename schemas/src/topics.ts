import type { RecordName } from './avro.ts';

/** Topics by the word we use for them in code. */
export type TopicKey =
  | 'raw'
  | 'outcomes'
  | 'scoreChanges'
  | 'profiles'
  | 'deliveries'
  | 'erasures'
  | 'writeBacks'
  | 'deadLetters';

export type TopicNames = Readonly<Record<TopicKey, string>>;

const NAMES: TopicNames = {
  raw: 'customerio.webhooks.raw.v1',
  outcomes: 'customerio.outcomes.v1',
  scoreChanges: 'deliverability.score-changes.v1',
  profiles: 'deliverability.profiles.v1',
  deliveries: 'deliverability.deliveries.v1',
  erasures: 'deliverability.erasures.v1',
  writeBacks: 'deliverability.write-backs.v1',
  deadLetters: 'customerio.webhooks.dead-letter.v1',
};

/** The names of all topics, each behind the prefix, so that several environments share a cluster. */
export function topicNames(prefix = ''): TopicNames {
  const entries = Object.entries(NAMES).map(([key, name]) => [key, prefix + name]);
  return Object.fromEntries(entries) as TopicNames;
}

export type TopicSpec = {
  readonly key: TopicKey;
  readonly name: string;
  /** The record type of the value; null: bytes as they were. */
  readonly record: RecordName | null;
  readonly partitions: number;
  readonly replication: number;
  /** Kafka topic settings, all that matter to us. */
  readonly config: Readonly<Record<string, string>>;
};

export type TopicOptions = {
  readonly prefix?: string;
  readonly partitions: number;
  readonly replication: number;
  /** Days raw requests are kept, 7 to 30. */
  readonly rawRetentionDays?: number;
};

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DEAD_LETTER_PARTITIONS = 3;

/**
 * One record batch per partition and transaction must fit, so topics take batches of 4 MiB. A raw
 * record is at most a body of 1 MiB: larger ones are dead letters that keep their first MiB.
 */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;

const deleted = (days: number): Record<string, string> => ({
  'cleanup.policy': 'delete',
  'retention.ms': String(days * DAY_MS),
  'max.message.bytes': String(BATCH_BYTES_MAX),
});

/** State topics: short segments, so that what is superseded can be cleaned within hours. */
const compacted: Record<string, string> = {
  'cleanup.policy': 'compact',
  'segment.ms': String(6 * HOUR_MS),
  'segment.bytes': String(128 * 1024 * 1024),
  'min.cleanable.dirty.ratio': '0.2',
  'max.compaction.lag.ms': String(DAY_MS),
  'delete.retention.ms': String(3 * DAY_MS),
  'max.message.bytes': String(BATCH_BYTES_MAX),
};

/**
 * The one table of topics: partitions, retention, clean-up, record type. What stands here is what
 * `landed topics --apply` makes true and what drift is reported against.
 */
export function topicSpecs(options: TopicOptions): readonly TopicSpec[] {
  const names = topicNames(options.prefix);
  const { partitions, replication } = options;
  const spec = (
    key: TopicKey,
    record: RecordName | null,
    config: Record<string, string>,
    count = partitions,
  ): TopicSpec => ({ key, name: names[key], record, partitions: count, replication, config });
  return [
    spec('raw', 'RawWebhook', {
      ...deleted(options.rawRetentionDays ?? 30),
      'message.timestamp.type': 'LogAppendTime',
    }),
    spec('outcomes', 'MessageOutcome', deleted(30)),
    spec('scoreChanges', 'ScoreChange', deleted(30)),
    spec('profiles', 'Profile', compacted),
    // Not deleted by age: a delivery settles with its person's next event, however late that comes.
    spec('deliveries', 'Delivery', compacted),
    spec('erasures', 'Erasure', compacted),
    spec('writeBacks', 'WriteBack', deleted(30)),
    spec('deadLetters', null, deleted(30), DEAD_LETTER_PARTITIONS),
  ];
}

/** Topics that must have the partition count of the raw topic: everything about one person together. */
export function coPartitionedTopics(specs: readonly TopicSpec[]): readonly TopicSpec[] {
  return specs.filter((spec) => spec.key !== 'deadLetters');
}
