import type { Logger } from 'pino';
import type { ClickHouse } from './clickhouse.ts';
import type { WarehouseMetrics } from './metrics.ts';

/** What `daily` is grouped by, beside the day. */
const GRAIN = [
  'channel',
  'campaign_id',
  'broadcast_id',
  'newsletter_id',
  'transactional_message_id',
  'action_id',
  'content_id',
  'mailbox_provider',
] as const;

/** Every count of `daily` and the events it counts. The sender's word is never recomputed. */
const COUNTS: Readonly<Record<string, string>> = {
  events: '1',
  drafted: "metric = 'drafted'",
  attempted: "metric = 'attempted'",
  sent: "metric = 'sent'",
  delivered: "metric = 'delivered'",
  deferred: "metric = 'deferred'",
  bounced: "metric = 'bounced'",
  bounced_hard: "metric = 'bounced' AND failure_class = 'hard'",
  bounced_soft: "metric = 'bounced' AND failure_class = 'soft'",
  bounced_block: "metric = 'bounced' AND failure_class = 'block'",
  dropped: "metric = 'dropped'",
  failed: "metric = 'failed'",
  undeliverable: "metric = 'undeliverable'",
  opened: "metric = 'opened'",
  opened_human: "metric = 'opened' AND NOT is_machine",
  clicked: "metric = 'clicked'",
  clicked_human: "metric = 'clicked' AND NOT is_machine",
  converted: "metric = 'converted'",
  replied: "metric = 'replied'",
  unsubscribed: "metric = 'unsubscribed'",
  complained: "metric = 'spammed'",
};

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Recomputes `daily` for some days from the rows as they stand. Combinations that are no more get a
 * row of zeros. Running it twice, or beside another one, changes nothing.
 *
 * @param days UTC days, YYYY-MM-DD
 */
export function dailyRefresh(days: readonly string[]): string {
  const list = days
    .filter((day) => DAY.test(day))
    .map((day) => `toDate('${day}')`)
    .join(', ');
  const names = Object.keys(COUNTS);
  const grain = GRAIN.join(', ');
  const counted = names.map((name) => `countIf(${COUNTS[name] ?? '1'}) AS ${name}`).join(', ');
  const zeros = names.map((name) => `toUInt64(0) AS ${name}`).join(', ');
  const sums = names.map((name) => `sum(${name})`).join(', ');
  return `INSERT INTO daily_log (workspace, day, ${grain}, ${names.join(', ')})
SELECT workspace, day, ${grain}, ${sums} FROM (
  SELECT workspace, toDate(occurred_at) AS day, ${grain}, ${counted}
  FROM message_outcomes_log FINAL WHERE toDate(occurred_at) IN (${list})
  GROUP BY workspace, day, ${grain}
  UNION ALL
  SELECT workspace, day, ${grain}, ${zeros} FROM daily_log WHERE day IN (${list})
) GROUP BY workspace, day, ${grain}
SETTINGS do_not_merge_across_partitions_select_final = 1`;
}

/**
 * Days of rows written since the last refresh, and some minutes before: what a process that died may
 * have left behind.
 */
export const DAYS_LEFT_BEHIND = `SELECT DISTINCT toString(toDate(occurred_at)) FROM message_outcomes_log
WHERE stored_at >= (SELECT max(computed_at) FROM daily_log) - INTERVAL 10 MINUTE`;

export type Daily = {
  readonly touch: (day: string) => void;
  /** What others left behind is looked for again with the next refresh. */
  readonly expectLeftBehind: () => void;
  /** Refreshes touched days, if it is time. Never rejects: a day that fails stays touched. */
  readonly refreshIfDue: (signal: AbortSignal) => Promise<void>;
  /** The same at once: before a stop. */
  readonly refreshNow: (signal: AbortSignal) => Promise<void>;
};

/** Days in one statement: a long backlog must not become one endless query. */
const DAYS_MAX = 7;
/** Refreshes take at most this share of the time. */
const SHARE = 0.05;

/** Keeps `daily` in step with the rows: touched days are recomputed every few seconds. */
export function createDaily(deps: {
  readonly clickhouse: Pick<ClickHouse, 'command' | 'read'>;
  readonly intervalMs: number;
  readonly now: () => number;
  readonly metrics: Pick<WarehouseMetrics, 'refreshed'>;
  readonly logger: Logger;
}): Daily {
  const { clickhouse, now, metrics, logger } = deps;
  const touched = new Set<string>();
  let isLeftBehindKnown = false;
  let dueAt = now() + deps.intervalMs;
  let isFailing = false;

  const lookBehind = async (): Promise<void> => {
    for await (const rows of clickhouse.read(DAYS_LEFT_BEHIND)) {
      for (const [day] of rows) touched.add(String(day));
    }
    isLeftBehindKnown = true;
  };

  const refresh = async (signal: AbortSignal): Promise<void> => {
    if (!isLeftBehindKnown) await lookBehind();
    const days = [...touched].sort().slice(-DAYS_MAX);
    if (days.length === 0) return;
    await clickhouse.command(dailyRefresh(days), signal);
    for (const day of days) touched.delete(day);
  };

  const refreshNow = async (signal: AbortSignal): Promise<void> => {
    if (touched.size === 0 && isLeftBehindKnown) return;
    const startedAt = now();
    try {
      await refresh(signal);
      metrics.refreshed(now() - startedAt);
      isFailing = false;
    } catch (error) {
      // Once told, not again every few seconds of a long outage.
      if (!isFailing) logger.warn({ err: error }, 'daily not refreshed yet, trying again');
      isFailing = true;
    }
    const tookMs = now() - startedAt;
    dueAt = now() + Math.max(deps.intervalMs, tookMs / SHARE);
  };

  return {
    touch: (day) => touched.add(day),
    expectLeftBehind: () => {
      isLeftBehindKnown = false;
    },
    refreshIfDue: async (signal) => {
      if (now() >= dueAt) await refreshNow(signal);
    },
    refreshNow,
  };
}
