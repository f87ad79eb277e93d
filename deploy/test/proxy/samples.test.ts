import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadConfig } from '@landed/ingest-service/config';
import { customerio } from '@landed/ingest-service/sources/customerio';
import { minimalEnv } from '../../../ingest-service/test/settings.ts';

/* The figures of the samples lean on settings of the service. This holds them against each other. */

const MIB = 1024 * 1024;
const SENDER_GIVES_UP_MS = 4_000;
const { limits, keepAliveMs, drainMs, port, opsPort } = loadConfig(minimalEnv);
const sampleOf = (name: string): string =>
  readFileSync(new URL(`../../proxy/${name}`, import.meta.url), 'utf8').replace(/^\s*#.*$/gm, '');
const nginx = sampleOf('nginx.conf');
const caddy = sampleOf('Caddyfile');

/** The number that stands where the pattern's group is. NaN, which fits nothing, where there is none. */
const figure = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1]);

test.each([
  ['nginx', figure(nginx, /\n {4}keepalive_timeout (\d+)s;/)],
  ['caddy', figure(caddy, /keepalive (\d+)s/)],
])('%s closes an idle connection before the service does', (_, seconds) => {
  expect(seconds * 1000).toBeLessThan(keepAliveMs);
  expect(seconds).toBeGreaterThan(1);
});

test.each([
  ['nginx', figure(nginx, /client_max_body_size (\d+)m;/)],
  ['caddy', figure(caddy, /max_size (\d+)MiB/)],
])('%s lets everything through that the service takes', (_, mebibytes) => {
  expect(mebibytes * MIB).toBeGreaterThan(limits.bodyBytesHardMax);
});

test.each([
  ['nginx', figure(nginx, /proxy_read_timeout (\d+)ms;/)],
  ['caddy', figure(caddy, /response_header_timeout (\d+)ms/)],
])('%s waits for the 503 of the service, and answers before the sender gives up', (_, ms) => {
  expect(ms).toBeGreaterThan(limits.deadlineMs);
  expect(ms).toBeLessThan(SENDER_GIVES_UP_MS);
});

test('both stop sending to an instance, or take it back, within the time of its drain', () => {
  expect(figure(nginx, /fail_timeout=(\d+)s/) * 1000).toBeLessThan(drainMs);
  const noticedMs =
    figure(caddy, /health_interval (\d+)s/) + figure(caddy, /health_timeout (\d+)s/);
  expect(noticedMs * 1000).toBeLessThan(drainMs);
});

test('both name the ports of the service, and cover its paths', () => {
  for (const text of [nginx, caddy]) expect(text).toContain(`10.0.0.11:${port}`);
  expect(figure(caddy, /health_port (\d+)/)).toBe(opsPort);
  const prefixes = [
    /location (\/v1\S*) {/.exec(nginx)?.[1],
    /handle (\/v1\S*)\* {/.exec(caddy)?.[1],
  ];
  for (const prefix of prefixes) {
    for (const path of [customerio.path, customerio.workspacePath('acme')]) {
      expect(path.startsWith(prefix ?? 'none')).toBe(true);
    }
  }
});
