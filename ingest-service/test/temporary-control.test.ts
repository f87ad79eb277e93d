import { expect, test } from 'vitest';
import { createTemporaryControl, satisfies } from '../src/temporary-control.ts';

const secrets = ['a shared secret of today', 'the one of tomorrow'];
const byHeader = createTemporaryControl('header', secrets);
const byPath = createTemporaryControl('path', secrets);
const header = (...values: string[]): string[] =>
  values.flatMap((value) => ['X-Landed-Secret', value]);

test.each([
  ['the secret', header(secrets[0]!), true],
  ['the other one', header(secrets[1]!), true],
  ['a wrong one', header('a shared secret of todaY'), false],
  ['an empty one', header(''), false],
  ['none', [], false],
  ['two', header(secrets[0]!, secrets[0]!), false],
  ['a list', header(secrets.join()), false],
])('in a header: %s', (_name, rawHeaders, isSatisfied) => {
  expect(satisfies(byHeader, rawHeaders, null)).toBe(isSatisfied);
});

test('in the path, and only there', () => {
  expect(satisfies(byPath, [], secrets[0]!)).toBe(true);
  expect(satisfies(byPath, [], 'wrong')).toBe(false);
  expect(satisfies(byPath, [], null)).toBe(false);
  expect(satisfies(byPath, header(secrets[0]!), null)).toBe(false);
  expect(satisfies(byHeader, [], secrets[0]!)).toBe(false);
});

test('without a control nothing satisfies it', () => {
  expect(satisfies(null, header(secrets[0]!), secrets[0]!)).toBe(false);
});
