import { maskAddresses } from '@landed/schemas/mask';

/** What is counted, per hour of receipt and in sum. */
export const COUNTS = [
  'acknowledged',
  'raw',
  'duplicates',
  'quarantined',
  'dead',
  'outcomes',
  'parked',
  'rows',
  'lost',
  'doubled',
  'different',
] as const;

export type Count = (typeof COUNTS)[number];
export type Counts = Readonly<Record<Count, number>>;

export type FindingKind = Extract<Count, 'lost' | 'doubled' | 'different'>;

/** One thing that does not balance. */
export type Finding = {
  readonly kind: FindingKind;
  /** Where it is missing or wrong: raw, outcomes, a table's view, score changes, ledger, ... */
  readonly where: string;
  /** Id of the event, or the profile key and version. */
  readonly id: string;
  readonly detail: string;
};

/** Plain sums that belong to no hour. */
export type Extra =
  | 'ticks'
  | 'scoreChanges'
  | 'scoreChangeRows'
  | 'profiles'
  | 'profileRows'
  | 'deadLetters'
  | 'deadLetterRows'
  | 'beyondWindow'
  | 'otherRules'
  | 'notInLedger';

export type Tally = {
  /** @param at instant within the hour, ms; null: it belongs to none */
  readonly count: (name: Count, at: number | null, by?: number) => void;
  readonly extra: (name: Extra, by?: number) => void;
  readonly find: (finding: Finding, at?: number | null) => void;
  readonly hours: () => readonly (readonly [hour: number, Counts])[];
  readonly sums: () => Counts;
  readonly extras: () => Readonly<Record<Extra, number>>;
  /** The first findings; `sums` counts them all. */
  readonly findings: () => readonly Finding[];
  readonly isBalanced: () => boolean;
};

const HOUR_MS = 3_600_000;
/** More than anybody reads; the counts stay true beyond it. */
const FINDINGS_MAX = 1_000;

const noCounts = (): Record<Count, number> => ({
  acknowledged: 0,
  raw: 0,
  duplicates: 0,
  quarantined: 0,
  dead: 0,
  outcomes: 0,
  parked: 0,
  rows: 0,
  lost: 0,
  doubled: 0,
  different: 0,
});

export function createTally(): Tally {
  const hours = new Map<number, Record<Count, number>>();
  const sums = noCounts();
  const findings: Finding[] = [];
  const extras: Record<Extra, number> = {
    ticks: 0,
    scoreChanges: 0,
    scoreChangeRows: 0,
    profiles: 0,
    profileRows: 0,
    deadLetters: 0,
    deadLetterRows: 0,
    beyondWindow: 0,
    otherRules: 0,
    notInLedger: 0,
  };

  const count: Tally['count'] = (name, at, by = 1) => {
    sums[name] += by;
    if (at === null) return;
    const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
    const counts = hours.get(hour) ?? noCounts();
    hours.set(hour, counts);
    counts[name] += by;
  };

  return {
    count,
    extra: (name, by = 1) => {
      extras[name] += by;
    },
    find: (finding, at = null) => {
      count(finding.kind, at);
      if (findings.length >= FINDINGS_MAX) return;
      findings.push({ ...finding, id: maskAddresses(finding.id) });
    },
    hours: () => [...hours].sort(([one], [other]) => one - other),
    sums: () => ({ ...sums }),
    extras: () => ({ ...extras }),
    findings: () => findings,
    isBalanced: () => sums.lost + sums.doubled + sums.different === 0,
  };
}
