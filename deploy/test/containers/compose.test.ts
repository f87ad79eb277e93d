import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  loadConfig as loadIngest,
  settingNames as ingestNames,
} from '@landed/ingest-service/config';
import {
  loadConfig as loadProcessor,
  settingNames as processorNames,
} from '@landed/processor-service/config';
import { rangesSettingNames } from '@landed/processor-service/commands/ranges';
import { interpolate } from './interpolate.ts';

type Service = {
  readonly image?: string;
  readonly build?: { readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
};
type Compose = {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};

const top = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, top), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;
const example = parseEnv(read('.env.example'));
const ours: Readonly<Record<string, readonly string[]>> = {
  ingest: ingestNames,
  processor: processorNames,
  setup: processorNames,
};

const environmentOf = (name: string, env: NodeJS.Dict<string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(compose.services[name]?.environment ?? {}).map(([key, value]) => [
      key,
      interpolate(String(value), env),
    ]),
  );

const filled = { ...example, CLICKHOUSE_PASSWORD: 'example' };

describe('docker-compose.yml', () => {
  test.each(Object.keys(ours))('%s: every variable is a setting of the service', (name) => {
    const variables = Object.keys(compose.services[name]?.environment ?? {});
    expect(variables.length).toBeGreaterThan(5);
    expect(variables.filter((variable) => !ours[name]?.includes(variable))).toEqual([]);
  });

  test('the services start with these settings, and not without their secrets', () => {
    expect(() => loadIngest(environmentOf('ingest', filled))).not.toThrow();
    expect(() => loadProcessor(environmentOf('processor', filled))).not.toThrow();
    expect(() => environmentOf('ingest', {})).toThrow('see .env.example');
    expect(() => environmentOf('processor', {})).toThrow('see .env.example');
  });

  test.each(Object.entries(compose.services))('%s hangs together', (name, service) => {
    const isOneShot = name === 'setup';
    const dockerfile = service.build ? read(service.build.dockerfile) : '';
    const hasCheck = service.healthcheck !== undefined || dockerfile.includes('HEALTHCHECK');
    expect(isOneShot || hasCheck).toBe(true);
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(Object.keys(compose.services)).toContain(other);
      expect(condition).toMatch(/^service_(healthy|completed_successfully)$/);
    }
    for (const volume of service.volumes ?? []) {
      expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
    }
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(service.image ?? '').not.toMatch(/:latest$/);
  });
});

describe('.env.example', () => {
  test('both services take it as it stands', () => {
    expect(() => loadIngest(example)).not.toThrow();
    expect(() => loadProcessor(example)).not.toThrow();
  });

  test('it names every setting, and nothing else', () => {
    const known = new Set([...ingestNames, ...processorNames, ...rangesSettingNames]);
    const named = Object.keys(example);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    const isSecretFile = (name: string): boolean =>
      name.endsWith('_FILE') && known.has(name.slice(0, -'_FILE'.length));
    expect([...known].filter((name) => !named.includes(name) && !isSecretFile(name))).toEqual([]);
  });
});

describe.each(['ingest', 'processor'])('%s.Dockerfile', (name) => {
  const text = read(`deploy/containers/${name}.Dockerfile`);

  test('multi-stage, Node 24, not root, no secrets', () => {
    const stages = text.match(/^FROM .*/gm) ?? [];
    expect(stages).toHaveLength(2);
    expect(stages.every((stage) => stage.startsWith('FROM node:24-slim'))).toBe(true);
    expect(text.lastIndexOf('USER node')).toBeGreaterThan(text.lastIndexOf('FROM'));
    expect(text).not.toMatch(/SIGNING_KEYS|SEAL_KEYS|HASH_KEY|PASSWORD/);
  });

  test('every variable it sets is a setting', () => {
    const variables = [...text.matchAll(/^ENV (.*)$/gm)].flatMap(([, line]) =>
      (line ?? '').split(' ').map((part) => part.split('=')[0] ?? ''),
    );
    const known = [...(ours[name] ?? []), 'NODE_ENV'];
    expect(variables.filter((variable) => !known.includes(variable))).toEqual([]);
  });
});
