import { z } from 'zod';
import { KEYS_MAX, WORKSPACE, parseWorkspaceSecrets, secretProblem } from './signing-keys.ts';

/** The time in which a key proves anything, both ends included. */
export type KeyTime = {
  /** ms; -Infinity without a beginning. */
  readonly notBefore: number;
  /** ms; Infinity without an end. */
  readonly notAfter: number;
};

/** A signing key as configured. */
export type TimedKey = KeyTime & { readonly secret: string };

/** The signing keys of each workspace, the newest last. */
export type SigningKeyList = ReadonlyMap<string, readonly TimedKey[]>;

const ENTRIES_MAX = 1000;
const FIELDS = 'workspace, key, not_before, not_after';

/** What a value looks like, without showing it. */
function shapeOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? `${value.length} characters` : `a ${typeof value}`;
}

const instant = (name: string) =>
  z.iso
    .datetime({
      offset: true,
      error: ({ input }) =>
        `${name} must be an instant with its zone, like 2027-01-31T12:00:00Z, is ${shapeOf(input)}`,
    })
    .transform((text) => Date.parse(text))
    .optional();

const entryShape = z
  .strictObject(
    {
      workspace: z
        .string({ error: ({ input }) => `workspace must be a text, is ${shapeOf(input)}` })
        .regex(WORKSPACE, 'workspace must be of letters, digits, - and _'),
      key: z
        .string({ error: ({ input }) => `key must be a text, is ${shapeOf(input)}` })
        .superRefine((secret, context) => {
          const problem = secretProblem(secret);
          if (problem !== null) context.addIssue({ code: 'custom', message: `key ${problem}` });
        }),
      not_before: instant('not_before'),
      not_after: instant('not_after'),
    },
    {
      error: ({ code, input }) =>
        code === 'unrecognized_keys'
          ? `has a field beside ${FIELDS}`
          : `must be an object of ${FIELDS}, is ${shapeOf(input)}`,
    },
  )
  .refine(
    // Of an instant that is none, enough was said.
    ({ not_before: from = -Infinity, not_after: until = Infinity }) => !(from >= until),
    'not_before must be earlier than not_after',
  );

const listShape = z.array(entryShape).min(1, 'names no key').max(ENTRIES_MAX);

type Complain = (message: string) => void;

function parseJson(text: string, complain: Complain): SigningKeyList {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    // The words of the parser would show a piece of the text.
    complain('begins with [ but is not JSON');
    return new Map();
  }
  const parsed = listShape.safeParse(given);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const [at] = path;
      complain(typeof at === 'number' ? `entry ${at + 1}: ${message}` : `the list ${message}`);
    }
    return new Map();
  }
  const list = new Map<string, TimedKey[]>();
  for (const [at, entry] of parsed.data.entries()) {
    const { workspace, key: secret, not_before: notBefore, not_after: notAfter } = entry;
    const keys = list.get(workspace) ?? [];
    if (keys.some((other) => other.secret === secret)) {
      complain(`entry ${at + 1}: key of workspace "${workspace}" stands twice`);
    }
    keys.push({ secret, notBefore: notBefore ?? -Infinity, notAfter: notAfter ?? Infinity });
    if (keys.length === KEYS_MAX + 1) {
      complain(`entry ${at + 1}: workspace "${workspace}" has more than ${KEYS_MAX} keys`);
    }
    list.set(workspace, keys);
  }
  return list;
}

/**
 * Parses signing keys, for a zod transform: compact (`workspace:key[,key];…`, keys without a time),
 * or a JSON list of `{workspace, key, not_before?, not_after?}`. Reports every problem by entry and
 * field; shows no value.
 */
export function parseSigningKeys(text: string, context: z.RefinementCtx): SigningKeyList {
  if (text.startsWith('[')) {
    return parseJson(text, (message) => context.addIssue({ code: 'custom', message }));
  }
  const timeless = (secret: string): TimedKey => ({
    secret,
    notBefore: -Infinity,
    notAfter: Infinity,
  });
  const workspaces = [...parseWorkspaceSecrets(text, context)];
  return new Map(workspaces.map(([workspace, secrets]) => [workspace, secrets.map(timeless)]));
}

const isOver = (key: KeyTime, now: number): boolean => now > key.notAfter;
const isValid = (key: KeyTime, now: number): boolean => key.notBefore <= now && !isOver(key, now);

/**
 * When the keys of a workspace stop proving anything: the first instant, from now on, in which none
 * is valid. `now` when none is; Infinity when that never comes.
 */
export function coveredUntil(keys: readonly KeyTime[], now: number): number {
  let until = now;
  for (;;) {
    const valid = keys.filter((key) => isValid(key, until));
    const end = Math.max(...valid.map((key) => key.notAfter), -Infinity);
    if (valid.length === 0 || end === Infinity) return valid.length === 0 ? until : Infinity;
    // Both ends belong to a key's time.
    until = end + 1;
  }
}

/** Workspaces that no key of theirs opens now: each such call would cost its sender an hour. */
export function timeProblems(list: SigningKeyList, now: number): readonly string[] {
  const iso = (ms: number): string => new Date(ms).toISOString();
  return [...list].flatMap(([workspace, keys]) => {
    if (keys.some((key) => isValid(key, now))) return [];
    const coming = keys.filter((key) => !isOver(key, now)).map((key) => key.notBefore);
    const ended = Math.max(...keys.map((key) => key.notAfter));
    return coming.length === 0
      ? [`every key of workspace "${workspace}" is over, the last since ${iso(ended)}`]
      : [`no key of workspace "${workspace}" is valid yet, the first ${iso(Math.min(...coming))}`];
  });
}
