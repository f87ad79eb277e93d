import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import { decodeTime, isValid } from 'ulidx';
import type { Envelope } from './envelope.ts';
import type { Call } from './records.ts';

/** Sees every event that was stored. */
export type Feed = {
  readonly saw: (
    call: Pick<Call, 'workspace' | 'signedAt' | 'receivedAt'>,
    envelope: Envelope,
  ) => void;
  /** A call that a key proved, refused for its time (ms). */
  readonly refused: (workspace: string, signedAt: number, receivedAt: number) => void;
};

export type FeedDeps = {
  readonly registry: Registry;
  /** ms */
  readonly now: () => number;
  /** Ids remembered of each workspace, about. */
  readonly idsMax?: number;
};

/** Types with a label of their own; whatever else comes counts as `other`. */
const TYPES = new Set([
  'email',
  'sms',
  'push',
  'whatsapp',
  'in_app',
  'slack',
  'webhook',
  'customer',
]);

/** From an event to its receipt: seconds to days, since a feed that waited comes late. */
const LAG_BUCKETS_S = [1, 2, 5, 10, 30, 60, 300, 1800, 3600, 7200, 86_400, 604_800];
const IDS_MAX = 8192;
const SECOND_MS = 1000;

/** In place of a time of signing, which is never negative. */
const UNSIGNED = -1;

/** How a repeated event was signed, against the time before. */
type Repetition = 'anew' | 'as_before' | 'unsigned';

/** Remembers the latest ids with their time of signing, at least half of `max`: two maps take turns. */
function createMemory(max: number): {
  readonly repetition: (id: string, signedAt: number | null) => Repetition | null;
} {
  let fresh = new Map<string, number>();
  let old = new Map<string, number>();
  return {
    repetition: (id, signedAt) => {
      const before = fresh.get(id) ?? old.get(id);
      if (before === undefined) {
        if (fresh.size >= max / 2) {
          old = fresh;
          fresh = new Map();
        }
        fresh.set(id, signedAt ?? UNSIGNED);
        return null;
      }
      if (signedAt === null || before === UNSIGNED) return 'unsigned';
      return signedAt === before ? 'as_before' : 'anew';
    },
  };
}

/** When the sender minted an event, by its ULID; null for ids that are none. */
export function mintedAt(eventId: string): number | null {
  return isValid(eventId) ? decodeTime(eventId) : null;
}

type Watched = {
  readonly repetition: ReturnType<typeof createMemory>['repetition'];
  lastAt: number | null;
};

/**
 * Watches what comes: how long nothing did, how late events are, how old requests and ids are, and
 * which events came before. Silence of a feed that used to speak may be its one-hour pause.
 */
export function createFeed({ registry, now, idsMax = IDS_MAX }: FeedDeps): Feed {
  const registers = [registry];
  const histogram = (name: string, help: string, ...labelNames: string[]) =>
    new Histogram({ name, help, buckets: LAG_BUCKETS_S, labelNames, registers });
  const lag = histogram(
    'ingest_event_lag_seconds',
    'From an event to its receipt',
    'workspace',
    'object_type',
  );
  const transport = histogram(
    'ingest_transport_lag_seconds',
    'From the making of the event id (a ULID) to its receipt',
    'workspace',
  );
  const requestAge = histogram(
    'ingest_request_age_seconds',
    'From the signed timestamp to receipt: old ones are retries that were not signed anew',
    'workspace',
  );
  const repeated = new Counter({
    name: 'ingest_repeated_events_total',
    help: 'Stored events whose id came shortly before: retries, by how they are signed',
    labelNames: ['workspace', 'signed'],
    registers,
  });
  const watched = new Map<string, Watched>();
  const watch = (workspace: string): Watched => {
    const held = watched.get(workspace);
    if (held !== undefined) return held;
    const { repetition } = createMemory(idsMax);
    const made = { repetition, lastAt: null };
    watched.set(workspace, made);
    return made;
  };
  const silent: Gauge = new Gauge({
    name: 'ingest_feed_silent_seconds',
    help: 'Since the last authentic event; no value before the first',
    labelNames: ['workspace'],
    registers,
    collect: (): void => {
      silent.reset();
      for (const [workspace, { lastAt }] of watched) {
        if (lastAt !== null) silent.set({ workspace }, Math.max(0, now() - lastAt) / SECOND_MS);
      }
    },
  });

  const seconds = (from: number, until: number): number => Math.max(0, until - from) / SECOND_MS;
  return {
    saw: ({ workspace, signedAt, receivedAt }, envelope) => {
      if (envelope.kind !== 'event') return;
      const { eventId, objectType, occurredAt } = envelope;
      const held = watch(workspace);
      held.lastAt = Math.max(held.lastAt ?? receivedAt, receivedAt);
      const signed = held.repetition(eventId, signedAt);
      if (signed !== null) repeated.inc({ workspace, signed });
      const object_type = TYPES.has(objectType) ? objectType : 'other';
      lag.observe({ workspace, object_type }, seconds(occurredAt, receivedAt));
      const minted = mintedAt(eventId);
      if (minted !== null) transport.observe({ workspace }, seconds(minted, receivedAt));
      if (signedAt !== null) requestAge.observe({ workspace }, seconds(signedAt, receivedAt));
    },
    refused: (workspace, signedAt, receivedAt) => {
      requestAge.observe({ workspace }, seconds(signedAt, receivedAt));
    },
  };
}
