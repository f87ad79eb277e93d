/** A JSON object of unknown content. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : null;
}

/**
 * A non-empty text; a number counts as its digits. Half of a character cannot be stored: such halves
 * become U+FFFD, as in UTF-8.
 */
export function asText(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value.toWellFormed();
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null;
}

const INTEGER = /^-?[0-9]{1,16}$/;

/** A whole number, also where it was sent as text. */
export function asInteger(value: unknown): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null;
  if (typeof value !== 'string' || !INTEGER.test(value)) return null;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : null;
}

/** A switch, also where it was sent as text. */
export function asBoolean(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  return value === 'false' ? false : null;
}

/** The kind of a value, for a sentence that must not show the value. */
export function shapeOf(value: unknown): string {
  if (value === undefined) return 'is missing';
  if (value === null) return 'is null';
  if (Array.isArray(value)) return 'is an array';
  if (typeof value === 'string') return value === '' ? 'is empty' : 'is text';
  return typeof value === 'object' ? 'is an object' : `is a ${typeof value}`;
}

/** Cuts a text without leaving half a character behind. */
export function cut(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const last = text.charCodeAt(charsMax - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, isHalf ? charsMax - 1 : charsMax);
}
