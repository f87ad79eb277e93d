/** Whether a number that is none stands anywhere in a value. */
export function hasNaN(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasNaN);
}
