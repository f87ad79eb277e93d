import { createDeliver } from './deliver.ts';
import { openLedger } from './ledger-writer.ts';
import { pause } from './pause.ts';
import { planCalls } from './plan.ts';
import { createPoster } from './post.ts';
import { sendCalls } from './sender.ts';
import { createSentCounts } from './sent-counts.ts';
import type { Progress } from './sent-counts.ts';
import type { TrafficSettings } from './settings.ts';

/** What a run tells while it goes on; one JSON line each on standard output. */
export type TrafficLine =
  | {
      readonly at: 'start';
      readonly run: number;
      readonly ledger: string;
      readonly events: number | null;
      readonly rate: number;
      readonly seed: string;
    }
  | ({ readonly at: 'progress' | 'end' } & Progress);

const PROGRESS_MS = 1000;
/** From opening the ledger to the first call. */
const HEAD_START_MS = 200;

/**
 * One run of traffic, from the next run number of the ledger.
 *
 * @param tell called once at the start, once a second, once at the end
 * @returns true when a finite run was acknowledged whole
 */
export async function runTraffic(
  settings: TrafficSettings,
  tell: (line: TrafficLine) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const { events, rate, seed, workspace, url } = settings;
  const now = (): number => performance.timeOrigin + performance.now();
  const baseAt = Math.ceil(now()) + HEAD_START_MS;
  const stepMs = 1000 / rate;
  const ledger = await openLedger(settings.ledger, {
    seed,
    workspace,
    url: url.href,
    base_at: baseAt,
    started_at: Math.floor(now()),
  });
  const { run, file } = ledger;
  tell({ at: 'start', run, ledger: file, events, rate, seed });
  const { inFlightMax } = settings;
  const poster = createPoster({ ...settings, connectionsMax: inFlightMax, now: Date.now });
  const counts = createSentCounts();
  const ticking = setInterval(() => tell({ at: 'progress', ...counts.look() }), PROGRESS_MS);
  try {
    const calls = planCalls({ seed, run, baseAt, stepMs });
    const deliver = createDeliver(settings, { poster, ledger, counts, now, pause });
    return await sendCalls({ ...settings, baseAt, stepMs }, { calls, deliver, now, pause }, signal);
  } finally {
    clearInterval(ticking);
    poster.close();
    await ledger.close();
    tell({ at: 'end', ...counts.look() });
  }
}
