import { KEPT } from './bounds.ts';
import type { Names } from './profile.ts';
import { compareText } from './text-order.ts';

/** Adds a name to those seen, each at its latest instant: the greatest few by (instant, name). */
export function mergeName(held: Names, name: string | null, at: number): Names {
  if (name === null || name === '') return held;
  const last = held.at(-1);
  if (last?.name === name) {
    if (at <= last.at) return held;
    return held.length === 1 ? [{ name, at }] : held.with(-1, { name, at });
  }
  const known = held.find((entry) => entry.name === name);
  if (known !== undefined && known.at >= at) return held;
  const others = held.filter((entry) => entry !== known);
  return [...others, { name, at }]
    .sort((a, b) => a.at - b.at || compareText(a.name, b.name))
    .slice(-KEPT.names);
}
