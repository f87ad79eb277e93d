import { PLAIN_WORD, noteCut } from './clean.ts';
import type { Truncated } from './clean.ts';
import type { InterpretContext } from './context.ts';
import { cut } from './fields.ts';
import type { JsonObject } from './fields.ts';
import { LIMITS } from '../bounds.ts';

/** ASCII in which nothing has to be escaped: most values are ids and short words. */
const UNESCAPED = /^[ !#-[\]-~]*$/;

function jsonOf(value: unknown): string {
  if (typeof value === 'string' && UNESCAPED.test(value)) return `"${value}"`;
  return JSON.stringify(value);
}

/** What is left to write before the metadata is full. */
type Budget = { chars: number; entries: number; isCut: boolean };

function cleanString(context: InterpretContext, budget: Budget, text: string): string {
  if (text.length > LIMITS.rawText) {
    budget.isCut = true;
    return '';
  }
  const masked = context.maskAddresses(text.toWellFormed());
  const clean = cut(masked, LIMITS.text);
  if (clean.length < masked.length) budget.isCut = true;
  return clean;
}

function spend(budget: Budget, chars: number): boolean {
  budget.chars -= chars + 4;
  budget.entries -= 1;
  if (budget.chars >= 0 && budget.entries >= 0) return true;
  budget.isCut = true;
  return false;
}

/** A value as it may be stored, or undefined when there is no room for it. */
function cleanValue(
  context: InterpretContext,
  budget: Budget,
  value: unknown,
  depth: number,
): unknown {
  if (typeof value === 'string') {
    const text = cleanString(context, budget, value);
    return spend(budget, text.length) ? text : undefined;
  }
  if (typeof value !== 'object' || value === null) return spend(budget, 8) ? value : undefined;
  if (depth >= LIMITS.metadataDepth) {
    budget.isCut = true;
    return undefined;
  }
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    for (const entry of value as readonly unknown[]) {
      const clean = cleanValue(context, budget, entry, depth + 1);
      if (budget.chars < 0 || budget.entries < 0) break;
      list.push(clean ?? null);
    }
    return list;
  }
  return cleanObject(context, budget, value as JsonObject, depth);
}

function cleanObject(
  context: InterpretContext,
  budget: Budget,
  value: JsonObject,
  depth: number,
): JsonObject {
  const entries: [string, unknown][] = [];
  for (const name of Object.keys(value)) {
    const entry = value[name];
    const cleanName = PLAIN_WORD.test(name) ? name : cleanString(context, budget, name);
    if (!spend(budget, cleanName.length)) break;
    const clean = cleanValue(context, budget, entry, depth + 1);
    if (clean !== undefined) entries.push([cleanName, clean]);
  }
  // Also a field named __proto__ is a field.
  return Object.fromEntries(entries);
}

function writeField(context: InterpretContext, budget: Budget, given: string, value: unknown) {
  const name = PLAIN_WORD.test(given)
    ? given
    : cut(cleanString(context, budget, given), LIMITS.word);
  budget.isCut = false;
  const hasRoom = spend(budget, name.length);
  const clean = hasRoom ? cleanValue(context, budget, value, 1) : undefined;
  const { isCut } = budget;
  return { name, clean, isCut };
}

/**
 * The fields nobody has a column for, as one JSON object: addresses masked in names and values, long
 * texts cut, and the whole bounded. What had to be cut is named.
 */
export function writeMetadata(
  context: InterpretContext,
  truncated: Truncated,
  fields: ReadonlyMap<string, unknown>,
): string {
  if (fields.size === 0) return '{}';
  const budget: Budget = {
    chars: LIMITS.metadata,
    entries: LIMITS.metadataEntries,
    isCut: false,
  };
  const entries: [string, unknown][] = [];
  let isPlain = true;
  for (const [name, value] of fields) {
    const field = writeField(context, budget, name, value);
    isPlain &&= PLAIN_WORD.test(name);
    if (field.clean !== undefined) entries.push([field.name, field.clean]);
    if (field.isCut) noteCut(truncated, field.name);
    if (budget.entries < 0 && truncated.length >= LIMITS.truncatedFields) break;
  }
  // Other names may have to be escaped, and may be the same after masking: the last then stands.
  if (!isPlain) return JSON.stringify(Object.fromEntries(entries));
  const parts = entries.map(([name, clean]) => `"${name}":${jsonOf(clean)}`);
  return `{${parts.join(',')}}`;
}
