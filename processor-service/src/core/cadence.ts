import type { Consent } from './consent.ts';
import type { Coldness } from './engagement.ts';
import type { Band } from './score.ts';

const BAND_DAYS: { readonly [band in Band]: number | null } = {
  healthy: 0,
  watch: 7,
  at_risk: 14,
  suppressed: null,
};

/** Least days between two marketing messages; null: send none. */
export function bandInterval(band: Band, consent: Consent): number | null {
  return consent === 'off' ? null : BAND_DAYS[band];
}

function coldInterval(cold: Coldness): number | null {
  if (cold.cold_270d) return null;
  if (cold.cold_180d) return 90;
  if (cold.cold_90d) return 30;
  return cold.cold_60d ? 14 : 0;
}

/** Of mail: band, consent and coldness together; null wins, else the larger. */
export function emailInterval(band: Band, consent: Consent, cold: Coldness): number | null {
  const byBand = bandInterval(band, consent);
  const byCold = coldInterval(cold);
  return byBand === null || byCold === null ? null : Math.max(byBand, byCold);
}

const CADENCES = new Map([
  [0, 'normal'],
  [7, 'weekly'],
  [14, 'biweekly'],
  [30, 'monthly'],
  [90, 'quarterly'],
]);

/** How often marketing mail should go: score.md section 8. */
export function recommendedCadence(band: Band, consent: Consent, cold: Coldness): string {
  if (bandInterval(band, consent) === null) return 'none';
  const days = emailInterval(band, consent, cold);
  return days === null ? 'sunset' : (CADENCES.get(days) ?? 'none');
}
