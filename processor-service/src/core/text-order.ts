const SURROGATES_START = 0xd800;
const SURROGATES_END = 0xdfff;

/** Moves UTF-16 code units so that they sort as the code points they are part of. */
function sortable(unit: number): number {
  if (unit < SURROGATES_START) return unit;
  return unit <= SURROGATES_END ? unit + 0x2000 : unit - 0x800;
}

/** Compares two texts by code point (JavaScript's own `<` compares UTF-16 units). */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return sortable(left) - sortable(right);
  }
  return a.length - b.length;
}
