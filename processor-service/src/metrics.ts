import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** States of a partition's task, as a metric shows them. */
export const TASK_STATES = [
  'created',
  'fencing',
  'restoring',
  'running',
  'committing',
  'waiting',
  'closed',
] as const;
export type TaskState = (typeof TASK_STATES)[number];

const STEP_BUCKETS_S = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];
const AGE_BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 60, 600, 3_600, 86_400];
const RESTORE_BUCKETS_S = [0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800];

/** Everything the score role counts. Labels are closed sets and partition numbers. */
export type Metrics = {
  readonly registry: Registry;
  readonly records: (outcome: string, reason: string, count: number) => void;
  readonly scoreChanges: (count: number) => void;
  readonly timers: (count: number) => void;
  /** Starts a clock; each call of the answer notes the time since the last as a step. */
  readonly checkpointStep: () => (step: string) => void;
  /** Age of the newest record of a turn when it was committed, ms. */
  readonly eventAge: (ms: number) => void;
  readonly restored: (seconds: number, records: number) => void;
  readonly lag: (partition: number, records: number) => void;
  readonly taskState: (partition: number, state: TaskState) => void;
  /** A partition that waits for what is missing: schema, seal_key, disk. 0 ends it. */
  readonly waiting: (partition: number, isWaiting: boolean) => void;
  /** `retry`: an error without a name, tried again a few times. `fatal`: the process ends. */
  readonly taskFailure: (reason: 'fenced' | 'outage' | 'retry' | 'fatal') => void;
  /** Failures by mailbox provider and class: a provider's bad hour shows here. */
  readonly failures: (provider: string, cls: string, count: number) => void;
  readonly coreError: () => void;
};

/** Builds the metrics of the processor in a registry of their own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers });
  const histogram = <L extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: L[] = [],
  ) => new Histogram({ name, help, buckets, labelNames, registers });

  const records = counter('processor_records_total', 'Raw records by what became of them', [
    'outcome',
    'reason',
  ]);
  const changes = counter('processor_score_changes_total', 'Score changes published');
  const timers = counter('processor_timers_total', 'Timers fired');
  const steps = histogram('processor_checkpoint_seconds', 'Steps of a checkpoint', STEP_BUCKETS_S, [
    'step',
  ]);
  const age = histogram('processor_event_age_seconds', 'Append to commit', AGE_BUCKETS_S);
  const restore = histogram('processor_restore_seconds', 'Restores', RESTORE_BUCKETS_S);
  const restoredRecords = counter('processor_restored_records_total', 'State records restored');
  const lag = gauge('processor_lag_records', 'Raw records not yet processed', ['partition']);
  const states = gauge('processor_task_state', '1 for the state a task is in', [
    'partition',
    'state',
  ]);
  const waiting = gauge('processor_waiting', '1 while a partition waits for what is missing', [
    'partition',
  ]);
  const taskFailures = counter('processor_task_failures_total', 'Tasks that began anew', [
    'reason',
  ]);
  const failures = counter('processor_failures_total', 'Failed messages by who refused them', [
    'provider',
    'class',
  ]);
  const coreErrors = counter('processor_core_errors_total', 'Exceptions in the core');

  return {
    registry,
    records: (outcome, reason, count) => records.inc({ outcome, reason }, count),
    scoreChanges: (count) => changes.inc(count),
    timers: (count) => timers.inc(count),
    checkpointStep: () => {
      let last = performance.now();
      return (step) => {
        const now = performance.now();
        steps.observe({ step }, (now - last) / 1_000);
        last = now;
      };
    },
    eventAge: (ms) => age.observe(Math.max(0, ms) / 1_000),
    restored: (seconds, count) => {
      restore.observe(seconds);
      restoredRecords.inc(count);
    },
    lag: (partition, count) => lag.set({ partition }, count),
    taskState: (partition, state) => {
      for (const one of TASK_STATES) states.set({ partition, state: one }, one === state ? 1 : 0);
    },
    waiting: (partition, isWaiting) => waiting.set({ partition }, isWaiting ? 1 : 0),
    taskFailure: (reason) => taskFailures.inc({ reason }),
    failures: (provider, cls, count) => failures.inc({ provider, class: cls }, count),
    coreError: () => coreErrors.inc(),
  };
}
