import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseWorkspaceSecrets, signingKey, signingKeyId } from '../src/signing-keys.ts';

const A = 'cio-test-signing-key-1';
const B = 'cio-test-signing-key-2';
const schema = z.string().transform(parseWorkspaceSecrets);
const problemsOf = (text: string): string[] =>
  schema.safeParse(text).error?.issues.map((issue) => issue.message) ?? [];

describe('parseWorkspaceSecrets', () => {
  test.each([
    ['one key', `acme:${A}`, [['acme', [A]]]],
    ['two keys', `acme:${A},${B}`, [['acme', [A, B]]]],
    [
      'two workspaces',
      `acme:${A};shop-2:${B}`,
      [
        ['acme', [A]],
        ['shop-2', [B]],
      ],
    ],
    ['a semicolon at the end', `acme:${A};`, [['acme', [A]]]],
    ['a key with colons', 'acme:whsec:aGVsbG8gd29ybGQ=', [['acme', ['whsec:aGVsbG8gd29ybGQ=']]]],
  ])('%s', (_name, text, workspaces) => {
    expect([...schema.parse(text)]).toEqual(workspaces);
  });

  test.each([
    ['no workspace', A, ['entry 1 must be workspace:key']],
    ['an empty workspace', `:${A}`, ['entry 1 must be workspace:key']],
    ['a slash in the workspace', `a/b:${A}`, ['entry 1 must be workspace:key']],
    ['an empty key', 'acme:', ['key 1 of workspace "acme" is empty']],
    ['an empty second key', `acme:${A},`, ['key 2 of workspace "acme" is empty']],
    ['a short key', 'acme:short', ['key 1 of workspace "acme" has 5 characters']],
    ['white space in front', `acme: ${A}`, ['key 1 of workspace "acme" holds white space']],
    ['a line break', `acme:${A}\n`, ['key 1 of workspace "acme" holds white space']],
    ['white space around a workspace', ` acme:${A}`, ['entry 1 must be workspace:key']],
    ['a workspace twice', `acme:${A};acme:${B}`, ['workspace "acme" stands twice']],
    ['a key twice', `acme:${A},${A}`, ['key 2 of workspace "acme" stands twice']],
    [
      'several at once',
      `acme:x;:y;b: ${A}`,
      ['key 1 of workspace "acme"', 'entry 2', 'key 1 of workspace "b"'],
    ],
  ])('refuses %s', (_name, text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(expected.length);
    for (const [at, start] of expected.entries()) expect(problems[at]).toContain(start);
    expect(problems.join()).not.toContain(A);
  });
});

test('a key id names the key without holding it, and differs between keys', () => {
  expect(signingKeyId(A)).toMatch(/^[0-9a-f]{8}$/);
  expect(signingKeyId(A)).not.toBe(signingKeyId(B));
  expect(signingKey(A).id).toBe(signingKeyId(A));
  const expected = createHmac('sha256', A).update('text').digest('hex');
  expect(signingKey(A).secret.start().update('text').digest('hex')).toBe(expected);
});
