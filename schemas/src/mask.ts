export const MASKED_ADDRESS = '<address>';
export const MASKED_NUMBER = '<number>';

/** Characters that end an address on either side. `%` is none: addresses in links are escaped. */
const BOUNDARY = /[\s<>"'`()[\]{},;:=?&/\\|]/;
/** Without one of these no address or number stands in a text. */
const SIGN = /[@%+]/;
const NUMBER = /(?:\+|%2B)\d[\d ().-]{5,18}\d/gi;

function addressStart(text: string, at: number, from: number): number {
  let start = at;
  // A quoted local part ("john doe"@example.com) reaches back to its opening quote.
  if (text[start - 1] === '"') {
    const opening = text.lastIndexOf('"', start - 2);
    if (opening >= from) return opening;
  }
  while (start > from && !BOUNDARY.test(text[start - 1] ?? ' ')) start -= 1;
  return start;
}

function addressEnd(text: string, at: number): number {
  let end = at;
  if (text[end] === '[') {
    const closing = text.indexOf(']', end);
    return closing < 0 ? end + 1 : closing + 1;
  }
  while (end < text.length && !BOUNDARY.test(text[end] ?? ' ')) end += 1;
  return end;
}

/** Next `@`, literal or percent-encoded. */
function nextSign(
  text: string,
  lower: string,
  from: number,
): { at: number; length: number } | null {
  const plain = text.indexOf('@', from);
  const escaped = lower.indexOf('%40', from);
  if (plain < 0 && escaped < 0) return null;
  if (escaped < 0 || (plain >= 0 && plain < escaped)) return { at: plain, length: 1 };
  return { at: escaped, length: 3 };
}

/**
 * Replaces email addresses (also percent-encoded ones in links) and international phone numbers in
 * free text by placeholders. Linear in the length of the text, whatever is in it.
 */
export function maskAddresses(text: string): string {
  if (!SIGN.test(text)) return text;
  const lower = text.includes('%') ? text.toLowerCase() : text;
  let out = '';
  let from = 0;
  for (;;) {
    const sign = nextSign(text, lower, from);
    if (!sign) break;
    const start = addressStart(text, sign.at, from);
    const end = addressEnd(text, sign.at + sign.length);
    out += text.slice(from, start) + MASKED_ADDRESS;
    from = end;
  }
  const masked = from === 0 ? text : out + text.slice(from);
  return masked.replace(NUMBER, MASKED_NUMBER);
}
