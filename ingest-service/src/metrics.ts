import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Answer } from './answers.ts';
import type { Untimely } from './key-ring.ts';
import type { Flag } from './verify.ts';

const ACK_BUCKETS_S = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 3.5];
const BATCH_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** What is read at the moment of a scrape. */
export type MetricSources = {
  readonly inflight: () => { readonly requests: number; readonly bytes: number };
  readonly pending: () => { readonly records: number; readonly bytes: number };
  readonly isConnected: () => boolean;
  readonly isShedding: () => boolean;
  readonly temporaryWorkspaces: () => readonly string[];
  /** ms, null without TLS of our own */
  readonly certificateExpiresAt: () => number | null;
};

/** Everything the service counts. Labels are closed sets and configured names, nothing received. */
export type Metrics = {
  readonly registry: Registry;
  /** One webhook answered. */
  readonly answered: (source: string, answer: Answer, seconds: number) => void;
  /** An authentic webhook, by the key that proved it. */
  readonly authentic: (workspace: string, keyId: string | null, flags: readonly Flag[]) => void;
  /** `isAuthentic`: told again once the signature has proved such a call. */
  readonly offList: (mode: string, isAuthentic: boolean) => void;
  /** A call that a key would have proved, had it been valid. */
  readonly untimelyKey: (workspace: string, keyId: string, fault: Untimely) => void;
  readonly batch: (records: number, seconds: number) => void;
  readonly late: (records: number) => void;
  readonly producerReplaced: () => void;
  /** A connection whose bytes were no HTTP, or came too slowly. */
  readonly brokenRequest: () => void;
  /** A request that is no webhook. */
  readonly misdirected: (reason: 'not_found' | 'method') => void;
  readonly watch: (sources: MetricSources) => void;
};

/** A counter whose children are looked up by one plain text instead of a label object. */
function children(counter: Counter, names: readonly string[]): (...labels: string[]) => void {
  const known = new Map<string, { inc: () => void }>();
  return (...labels) => {
    const word = labels.join('\n');
    let child = known.get(word);
    if (!child) {
      child = counter.labels(Object.fromEntries(names.map((name, at) => [name, labels[at] ?? ''])));
      known.set(word, child);
    }
    child.inc();
  };
}

function gauges(registry: Registry, sources: MetricSources): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    const measured: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect: (): void => {
        measured.set(read());
      },
    });
  };
  const { inflight, pending } = sources;
  gauge('ingest_inflight_requests', 'Webhooks being handled', () => inflight().requests);
  gauge('ingest_inflight_bytes', 'Body bytes held', () => inflight().bytes);
  gauge('ingest_pending_records', 'Records waiting or on their way', () => pending().records);
  gauge('ingest_pending_bytes', 'Bytes of those records', () => pending().bytes);
  gauge('ingest_kafka_connected', '1 while a producer is connected', () =>
    Number(sources.isConnected()),
  );
  gauge('ingest_shedding', '1 while new requests are refused for pressure', () =>
    Number(sources.isShedding()),
  );
  gauge(
    'ingest_temporary_control_workspaces',
    'Workspaces that a shared secret opens instead of a signature, for a time',
    () => sources.temporaryWorkspaces().length,
  );
  if (sources.certificateExpiresAt() !== null) {
    gauge('ingest_certificate_expiry_seconds', 'Unix time the TLS certificate ends at', () =>
      Math.floor((sources.certificateExpiresAt() ?? 0) / 1000),
    );
  }
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    children(new Counter({ name, help, labelNames, registers }), labelNames);

  const webhooks = counter('ingest_webhooks_total', 'Webhooks by result', 'source', 'result');
  const refused = counter('ingest_signature_failures_total', 'Webhooks answered 401', 'reason');
  const quarantined = counter('ingest_quarantined_total', 'Dead letters made', 'reason');
  const trouble = counter('ingest_unavailable_total', 'Webhooks answered 503', 'reason');
  const keys = counter('ingest_key_matches_total', 'Key that proved it', 'workspace', 'key_id');
  const flagged = counter('ingest_flagged_total', 'Authentic, but unusual', 'flag');
  const offList = counter('ingest_off_list_total', 'Callers outside the allowlist', 'mode');
  const offListAuthentic = counter(
    'ingest_off_list_authentic_total',
    'Those of them that a signature proved: what enforce would refuse wrongly',
    'mode',
  );
  const untimely = counter(
    'ingest_untimely_key_matches_total',
    'Calls whose key is known, but outside its time',
    'workspace',
    'key_id',
    'fault',
  );
  const replaced = counter('ingest_producer_replacements_total', 'Kafka producers given up');
  const broken = counter('ingest_broken_requests_total', 'Connections that were no HTTP');
  const misdirected = counter('ingest_misdirected_total', 'Requests answered 404, 405', 'reason');
  const late = new Counter({
    name: 'ingest_late_records_total',
    help: 'Records stored after their request was answered 503',
    registers,
  });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, buckets, registers });
  const ack = histogram('ingest_ack_seconds', 'Head of a stored webhook to its 200', ACK_BUCKETS_S);
  const publish = histogram('ingest_publish_seconds', 'One batch to its ack', ACK_BUCKETS_S);
  const batch = histogram('ingest_batch_records', 'Records in one batch', BATCH_BUCKETS);

  return {
    registry,
    answered: (source, { result, reason }, seconds) => {
      webhooks(source, result);
      if (result === 'stored') ack.observe(seconds);
      else if (result === 'refused') refused(reason);
      else if (result === 'quarantined') quarantined(reason);
      else if (result === 'unavailable') trouble(reason);
    },
    authentic: (workspace, keyId, flags) => {
      keys(workspace, keyId ?? 'none');
      for (const flag of flags) flagged(flag);
    },
    offList: (mode, isAuthentic) => (isAuthentic ? offListAuthentic : offList)(mode),
    untimelyKey: untimely,
    batch: (records, seconds) => {
      batch.observe(records);
      publish.observe(seconds);
    },
    late: (records) => late.inc(records),
    producerReplaced: replaced,
    brokenRequest: broken,
    misdirected,
    watch: (sources) => gauges(registry, sources),
  };
}
