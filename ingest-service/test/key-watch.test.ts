import { Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { createKeyRing } from '../src/key-ring.ts';
import { createKeyWatch } from '../src/key-watch.ts';
import { createLogger } from '../src/log.ts';
import type { Route } from '../src/routes.ts';
import { customerio } from '../src/sources/customerio.ts';

const DAY_MS = 86_400_000;
const END = Date.UTC(2027, 0, 31);
const SECRET = 'cio-test-signing-key-1';
const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const route = (...ends: number[]): Route => ({
  source: customerio,
  workspace: 'acme',
  keys: createKeyRing(
    ends.map((notAfter, at) => ({ secret: `${SECRET}-${at}`, notBefore: -Infinity, notAfter })),
  ),
  temporary: null,
});

function watched(first: Route) {
  const registry = new Registry();
  const lines: string[] = [];
  const state = { now: END - 30 * DAY_MS, routes: [first] };
  const watch = createKeyWatch({
    registry,
    routes: () => state.routes,
    logger: createLogger('debug', { write: (line) => void lines.push(line) }),
    now: () => state.now,
  });
  stops.push(watch.stop);
  const lookAt = (now: number): string[] => {
    state.now = now;
    watch.look();
    watch.look();
    return lines.splice(0);
  };
  return { state, lookAt, scrape: () => registry.metrics() };
}

test('warnings a week and a day before the last key ends, an error when it has; each once', () => {
  const { lookAt } = watched(route(END - 20 * DAY_MS, END));
  expect(lookAt(END - 8 * DAY_MS)).toEqual([]);
  const [week, ...more] = lookAt(END - 7 * DAY_MS);
  expect(week).toContain('"level":"warn"');
  expect(week).toContain('"expires_at":"2027-01-31T00:00:00.000Z"');
  expect(more).toEqual([]);
  expect(lookAt(END - 2 * DAY_MS)).toEqual([]);
  expect(lookAt(END - DAY_MS)).toHaveLength(1);
  expect(lookAt(END)).toEqual([]);
  const [over] = lookAt(END + 1);
  expect(over).toContain('"level":"error"');
  expect(over).toContain('NO SIGNING KEY IS VALID');
  expect(lookAt(END + DAY_MS)).toEqual([]);
});

test('a key that takes over ends the warnings, and a later end begins them anew', () => {
  const { state, lookAt } = watched(route(END));
  expect(lookAt(END - DAY_MS)).toHaveLength(1);
  state.routes = [route(END, Infinity)];
  expect(lookAt(END + 1)).toEqual([]);
  state.routes = [route(END + 3 * DAY_MS)];
  expect(lookAt(END + 1)).toHaveLength(1);
});

test('the gauge tells the end of each key that has one', async () => {
  const { state, scrape } = watched(route(END, Infinity));
  const [ending] = state.routes[0]!.keys.keys;
  const series = (await scrape()).split('\n').filter((line) => /^ingest_signing_key/.test(line));
  expect(series).toEqual([
    `ingest_signing_key_expiry_seconds{workspace="acme",key_id="${ending!.id}"} ${END / 1000}`,
  ]);
  state.routes = [];
  expect(await scrape()).not.toContain('key_id');
});
