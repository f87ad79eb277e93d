import { memoryAt } from './memory.ts';
import type { MemorySample } from './memory.ts';

/** What a soak measured. Times in ms. */
export type SoakFigures = {
  readonly minutes: number;
  readonly rate: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly retries: number;
  readonly ack: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly queryable: {
    readonly count: number;
    /** Looked for and never found. */
    readonly missing: number;
    readonly p50: number;
    readonly p95: number;
    readonly max: number;
  };
  /** Records not processed after the last acknowledgement, and how long until there were none. */
  readonly lagAtEnd: number;
  readonly caughtUpMs: number | null;
  readonly residentAtRestBytes: number;
  readonly isAuditBalanced: boolean;
  readonly memory: readonly MemorySample[];
};

/** One bar: what is asked, what was measured, whether it holds. */
export type Bar = {
  readonly name: string;
  readonly asked: string;
  readonly measured: string;
  readonly holds: boolean;
};

const GROWTH_MAX = 1.1;
const ACK_P99_MS = 50;
const QUERYABLE_P95_MS = 5000;
const CATCH_UP_MS = 5000;
const AT_REST_BYTES = 1.8e9;
const MINUTE_MS = 60_000;
/** Memory is compared between these shares of the run: minutes 3 and 10 of ten. */
const EARLY_SHARE = 0.3;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const milliseconds = (ms: number): string => `${ms.toFixed(1)} ms`;

/** Resident memory, and of it what is no page of a file. */
const growth = (early: number, late: number): string =>
  `${megabytes(early)} → ${megabytes(late)} (× ${(late / early).toFixed(2)})`;

function memoryBars(figures: SoakFigures): Bar[] {
  const earlyMs = EARLY_SHARE * figures.minutes * MINUTE_MS;
  const lateMs = figures.minutes * MINUTE_MS;
  const names = [...new Set(figures.memory.map(({ name }) => name))];
  return names.map((name) => {
    const early = memoryAt(figures.memory, name, earlyMs);
    const late = memoryAt(figures.memory, name, lateMs);
    const asked = `≤ ${GROWTH_MAX} × minute ${(earlyMs / MINUTE_MS).toFixed(1)}`;
    if (early === null || late === null) {
      return { name: `memory of ${name}`, asked, measured: 'process was not there', holds: false };
    }
    return {
      name: `memory of ${name}`,
      asked,
      measured: `${growth(early.residentBytes, late.residentBytes)}, own ${growth(early.anonymousBytes, late.anonymousBytes)}`,
      holds: late.residentBytes <= GROWTH_MAX * early.residentBytes,
    };
  });
}

/** Judges what was measured. */
export function judge(figures: SoakFigures): readonly Bar[] {
  const { ack, queryable, caughtUpMs, lagAtEnd } = figures;
  return [
    {
      name: 'acknowledged',
      asked: 'every call',
      measured: `${figures.acknowledged} of ${figures.sent}, ${figures.retries} retries`,
      holds: figures.sent > 0 && figures.acknowledged === figures.sent,
    },
    {
      name: 'acknowledgement p99',
      asked: `≤ ${milliseconds(ACK_P99_MS)}`,
      measured: `${milliseconds(ack.p99)} (p50 ${milliseconds(ack.p50)}, max ${milliseconds(ack.max)})`,
      holds: ack.p99 <= ACK_P99_MS,
    },
    {
      name: 'acknowledged to queryable p95',
      asked: `≤ ${milliseconds(QUERYABLE_P95_MS)}`,
      measured: `${milliseconds(queryable.p95)} (p50 ${milliseconds(queryable.p50)}, max ${milliseconds(queryable.max)}, ${queryable.count} samples, ${queryable.missing} missing)`,
      holds: queryable.count > 0 && queryable.missing === 0 && queryable.p95 <= QUERYABLE_P95_MS,
    },
    {
      name: 'lag 0 after the end',
      asked: `within ${milliseconds(CATCH_UP_MS)}`,
      measured: `${lagAtEnd} records at the end, ${caughtUpMs === null ? 'never caught up' : `0 after ${milliseconds(caughtUpMs)}`}`,
      holds: caughtUpMs !== null && caughtUpMs <= CATCH_UP_MS,
    },
    {
      name: 'whole stack at rest',
      asked: `≤ ${megabytes(AT_REST_BYTES)}`,
      measured: megabytes(figures.residentAtRestBytes),
      holds: figures.residentAtRestBytes > 0 && figures.residentAtRestBytes <= AT_REST_BYTES,
    },
    ...memoryBars(figures),
    {
      name: 'audit',
      asked: '0 lost, 0 doubled, 0 different',
      measured: figures.isAuditBalanced ? 'balanced' : 'not balanced',
      holds: figures.isAuditBalanced,
    },
  ];
}
