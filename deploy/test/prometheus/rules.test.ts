import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runService } from '../../../ingest-service/test/running-service.ts';
import type { RunningService } from '../../../ingest-service/test/running-service.ts';
import { selfSigned } from '../../../ingest-service/test/self-signed.ts';

type Rules = {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly annotations: { readonly summary: string; readonly description: string };
    }[];
  }[];
};

const file = new URL('../../prometheus/ingest.rules.yml', import.meta.url);
const rules = (parse(readFileSync(file, 'utf8')) as Rules).groups.flatMap((group) => group.rules);
const METRIC = /\bingest_[a-z_]+/g;
/** What Prometheus makes of a histogram. */
const SERIES = /_(?:bucket|count|sum)$/;

let running: RunningService;
let known: ReadonlyMap<string, string>;

const dir = mkdtempSync(join(tmpdir(), 'landed-rules-'));

beforeAll(async () => {
  const certFile = join(dir, 'cert.pem');
  const keyFile = join(dir, 'key.pem');
  const { cert, key } = selfSigned('landed.example');
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  running = await runService({ INGEST_TLS_CERT_FILE: certFile, INGEST_TLS_KEY_FILE: keyFile });
  const types = (await running.scrape()).matchAll(/^# TYPE (\S+) (\S+)$/gm);
  known = new Map([...types].map(([, name = '', type = '']) => [name, type]));
});
afterAll(async () => {
  await running.service.drain();
  rmSync(dir, { recursive: true, force: true });
});

test('there is an alert for a feed that fell silent', () => {
  expect(rules.find(({ alert }) => alert === 'FeedSilent')?.expr).toContain(
    'ingest_feed_silent_seconds',
  );
});

test.each(rules.map((rule) => [rule.alert, rule] as const))(
  '%s asks for metrics that the service has, and says what to do',
  (_alert, { expr, annotations }) => {
    const names = expr.match(METRIC) ?? [];
    expect(names).not.toEqual([]);
    for (const name of names) {
      const isSeries = known.get(name.replace(SERIES, '')) === 'histogram';
      expect([name, known.has(name) || isSeries]).toEqual([name, true]);
    }
    expect(annotations.summary).not.toBe('');
    expect(annotations.description).toMatch(/\w+\./);
  },
);
