/** One significant token of a SQL text. Offsets count bytes: the text is read as latin1. */
export type Token = {
  readonly kind: 'word' | 'quoted' | 'sign';
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Open brackets around the token. */
  readonly depth: number;
};

const isWordStart = (char: string): boolean => /[A-Za-z_]/.test(char);
const wordPattern = /[A-Za-z0-9_]+/y;
const numberPattern = /[0-9][A-Za-z0-9_.]*/y;
const heredocPattern = /\$[A-Za-z0-9_]*\$/y;

const matchAt = (pattern: RegExp, text: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
};

/** End of a quoted text that begins at `at`. A doubled quote and a backslash both escape. */
const endOfQuoted = (text: string, at: number): number => {
  const quote = text[at];
  let index = at + 1;
  while (index < text.length) {
    if (text[index] === '\\') index += 2;
    else if (text[index] !== quote) index += 1;
    else if (text[index + 1] === quote) index += 2;
    else return index + 1;
  }
  return text.length;
};

const endOfLine = (text: string, at: number): number => {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end + 1;
};

/** Block comments nest in ClickHouse. */
const endOfBlockComment = (text: string, at: number): number => {
  let open = 1;
  let index = at + 2;
  while (index < text.length && open > 0) {
    const pair = text.slice(index, index + 2);
    if (pair === '*/') open -= 1;
    if (pair === '/*') open += 1;
    index += pair === '*/' || pair === '/*' ? 2 : 1;
  }
  return index;
};

/** Where white space or a comment that begins at `at` ends; `at` itself when there is none. */
const endOfGap = (text: string, at: number): number => {
  const char = text[at] ?? '';
  if (/\s/.test(char) || char === '\0') return at + 1;
  if (text.startsWith('--', at)) return endOfLine(text, at);
  if (text.startsWith('#!', at) || text.startsWith('# ', at)) return endOfLine(text, at);
  if (text.startsWith('/*', at)) return endOfBlockComment(text, at);
  return at;
};

const endOfToken = (text: string, at: number): { kind: Token['kind']; end: number } => {
  const char = text[at] ?? '';
  if (char === "'" || char === '"' || char === '`') {
    return { kind: 'quoted', end: endOfQuoted(text, at) };
  }
  if (isWordStart(char)) {
    return { kind: 'word', end: at + (matchAt(wordPattern, text, at) ?? char).length };
  }
  const number = matchAt(numberPattern, text, at);
  if (number !== undefined) return { kind: 'sign', end: at + number.length };
  const tag = matchAt(heredocPattern, text, at);
  if (tag !== undefined) {
    const close = text.indexOf(tag, at + tag.length);
    return { kind: 'quoted', end: close === -1 ? text.length : close + tag.length };
  }
  return { kind: 'sign', end: at + 1 };
};

/** Reads the tokens of a SQL text in order, lazily: rows that follow a statement are never read. */
export function* tokensOf(text: string): Generator<Token> {
  let at = 0;
  let depth = 0;
  while (at < text.length) {
    const gapEnd = endOfGap(text, at);
    if (gapEnd > at) {
      at = gapEnd;
      continue;
    }
    const { kind, end } = endOfToken(text, at);
    const token = text.slice(at, end);
    if (token === ')' || token === ']' || token === '}') depth = Math.max(0, depth - 1);
    yield { kind, text: token, start: at, end, depth };
    if (token === '(' || token === '[' || token === '{') depth += 1;
    at = end;
  }
}
