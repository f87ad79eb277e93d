import { build } from 'hdr-histogram-js';
import type { LedgerLine, SentLine } from '../traffic/ledger.ts';

/** An acknowledged event that has not been seen in a query yet. */
type Awaited = { readonly metric: string; readonly acknowledgedAt: number };

export type QueryableWatch = {
  /** Takes up new lines of the ledger and looks once for what is awaited. */
  readonly look: () => Promise<void>;
  /** How many are looked for and not found yet. */
  readonly awaited: () => number;
  readonly figures: () => {
    readonly count: number;
    readonly missing: number;
    readonly p50: number;
    readonly p95: number;
    readonly max: number;
  };
};

export type QueryableDeps = {
  readonly readLedger: () => Promise<readonly LedgerLine[]>;
  /** Of these events, which a query finds now. */
  readonly findEvents: (
    eventIds: readonly string[],
    metrics: readonly string[],
  ) => Promise<readonly string[]>;
  readonly now: () => number;
  /** Every how many acknowledged events one is looked for. */
  readonly sampleEvery: number;
};

const LATENCY_MS_MAX = 3_600_000;

/**
 * Measures how long after its acknowledgement an event can be queried. The figure includes the
 * pause between two looks, so it errs on the slow side.
 */
export function createQueryableWatch(deps: QueryableDeps): QueryableWatch {
  const sent = new Map<number, SentLine>();
  const awaited = new Map<string, Awaited>();
  const latency = build({
    highestTrackableValue: LATENCY_MS_MAX,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
  let acknowledged = 0;

  function takeUp(line: LedgerLine): void {
    if (line.line === 'sent') sent.set(line.call, line);
    if (line.line !== 'answer' || line.status !== 200) return;
    const call = sent.get(line.call);
    sent.delete(line.call);
    if (line.word !== 'stored' || call?.kind !== 'event' || call.event_id === null) return;
    acknowledged += 1;
    if (acknowledged % deps.sampleEvery !== 0) return;
    awaited.set(call.event_id, { metric: call.metric ?? '', acknowledgedAt: line.at });
  }

  return {
    look: async () => {
      for (const line of await deps.readLedger()) takeUp(line);
      if (awaited.size === 0) return;
      const metrics = [...new Set([...awaited.values()].map(({ metric }) => metric))];
      const found = await deps.findEvents([...awaited.keys()], metrics);
      for (const eventId of found) {
        const event = awaited.get(eventId);
        if (event === undefined) continue;
        awaited.delete(eventId);
        latency.recordValue(Math.max(0, Math.round(deps.now() - event.acknowledgedAt)));
      }
    },
    awaited: () => awaited.size,
    figures: () => ({
      count: latency.totalCount,
      missing: awaited.size,
      p50: latency.getValueAtPercentile(50),
      p95: latency.getValueAtPercentile(95),
      max: latency.maxValue,
    }),
  };
}
