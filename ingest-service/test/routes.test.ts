import { expect, test } from 'vitest';
import { createKeyRing } from '../src/key-ring.ts';
import { createRoutes } from '../src/routes.ts';
import type { Route } from '../src/routes.ts';
import { customerio } from '../src/sources/customerio.ts';
import { createTemporaryControl } from '../src/temporary-control.ts';

const route = (workspace: string, temporary: Route['temporary'] = null): Route => ({
  source: customerio,
  workspace,
  keys: createKeyRing([]),
  temporary,
});
const found = (routes: readonly Route[], url: string): string | null =>
  createRoutes(routes).find(url)?.route.workspace ?? null;

const SHORT = '/v1/webhooks/customerio/reporting';
const long = (workspace: string): string => `/v1/webhooks/customerio/${workspace}/reporting`;

test('one workspace: the short path and its own', () => {
  expect(found([route('acme')], SHORT)).toBe('acme');
  expect(found([route('acme')], `${SHORT}?x=1`)).toBe('acme');
  expect(found([route('acme')], long('acme'))).toBe('acme');
});

test('several workspaces: each its own path, the short one means none', () => {
  const routes = [route('acme'), route('shop')];
  expect(found(routes, long('acme'))).toBe('acme');
  expect(found(routes, long('shop'))).toBe('shop');
  expect(found(routes, SHORT)).toBeNull();
});

test.each([
  '',
  '/',
  `${SHORT}/`,
  `${SHORT}/x`,
  SHORT.toUpperCase(),
  long('other'),
  long('__proto__'),
  '/v1/webhooks/customerio//reporting',
  '/v1/webhooks/customerio/%61cme/reporting',
  `http://host${SHORT}`,
])('no route: %s', (url) => {
  expect(found([route('acme')], url)).toBeNull();
});

test('a secret in the path is handed on, only where the control is asked for', () => {
  const control = createTemporaryControl('path', ['a shared secret of today']);
  const routes = createRoutes([route('acme', control), route('shop')]);
  expect(routes.find(`${long('acme')}/guess`)).toMatchObject({ pathSecret: 'guess' });
  expect(routes.find(long('acme'))).toMatchObject({ pathSecret: null });
  expect(routes.find(`${long('acme')}/a/b`)).toBeNull();
  expect(routes.find(`${long('shop')}/guess`)).toBeNull();
});
