import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettingsError } from '@landed/schemas/settings';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig, settingNames } from '../src/config.ts';
import { selfSigned } from './self-signed.ts';
import { SIGNING_KEY, minimalEnv } from './settings.ts';

const dir = mkdtempSync(join(tmpdir(), 'landed-config-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const file = (name: string, content: string): string => {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
};

function problemsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

describe('what is enough', () => {
  test('the smallest environment gives the documented defaults', () => {
    const config = loadConfig(minimalEnv);
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      opsHost: '127.0.0.1',
      opsPort: 9101,
      tls: null,
      keepAliveMs: 120_000,
      drainMs: 5000,
      topics: { prefix: '', partitions: 12, replication: 1 },
      access: {
        allowlistMode: 'off',
        temporaryPlace: null,
        timestampPolicy: {
          mode: 'flag',
          pastToleranceSeconds: 300,
          futureToleranceSeconds: 300,
        },
        ranges: null,
      },
      limits: {
        bodyBytesSoftMax: 1_048_576,
        bodyBytesHardMax: 8_388_608,
        deadlineMs: 3000,
        batchWaitMs: 4,
        pendingRecordsMax: 2000,
        pendingBytesMax: 67_108_864,
      },
    });
    const key = { secret: SIGNING_KEY, notBefore: -Infinity, notAfter: Infinity };
    expect([...config.access.signingKeys]).toEqual([['acme', [key]]]);
  });

  test('secrets from files, with a line break at their end', () => {
    const { CUSTOMERIO_SIGNING_KEYS, ...rest } = minimalEnv;
    const path = file('keys', `${CUSTOMERIO_SIGNING_KEYS},cio-test-signing-key-2\n`);
    const config = loadConfig({ ...rest, CUSTOMERIO_SIGNING_KEYS_FILE: path });
    expect(config.access.signingKeys.get('acme')).toHaveLength(2);
  });

  test('an empty text counts as not set', () => {
    const keys = file('only-keys', minimalEnv.CUSTOMERIO_SIGNING_KEYS);
    const config = loadConfig({
      ...minimalEnv,
      CUSTOMERIO_SIGNING_KEYS: '',
      CUSTOMERIO_SIGNING_KEYS_FILE: keys,
      INGEST_TEMPORARY_CONTROL: '',
      INGEST_ALLOWLIST_MODE: '',
      INGEST_TLS_CERT_FILE: '',
    });
    expect(config.access.signingKeys.size).toBe(1);
  });

  test('plain storage, asked for by name', () => {
    const unset = { LANDED_SEAL_KEYS: undefined };
    expect(loadConfig({ ...minimalEnv, ...unset, LANDED_STORAGE: 'plain' }).sealKeys).toEqual([]);
  });

  test('a certificate and its key', () => {
    const { cert, key } = selfSigned('landed.example');
    const tls = { certFile: file('cert.pem', cert), keyFile: file('key.pem', key) };
    const env = {
      ...minimalEnv,
      INGEST_TLS_CERT_FILE: tls.certFile,
      INGEST_TLS_KEY_FILE: tls.keyFile,
    };
    expect(loadConfig(env).tls).toEqual(tls);
  });

  test('the temporary control alone, without signing keys', () => {
    const config = loadConfig({
      ...minimalEnv,
      CUSTOMERIO_SIGNING_KEYS: undefined,
      INGEST_TEMPORARY_CONTROL: 'path',
      CUSTOMERIO_TEMPORARY_SECRETS: 'acme:a-shared-secret-of-today',
    });
    expect(config.access).toMatchObject({ temporaryPlace: 'path' });
    expect(config.access.signingKeys.size).toBe(0);
  });
});

describe('the time of keys', () => {
  const now = Date.UTC(2026, 10, 24, 12);
  const timed = (...times: object[]): string =>
    JSON.stringify(
      times.map((time, at) => ({ workspace: 'acme', key: `${SIGNING_KEY}-${at}`, ...time })),
    );
  const load = (keys: string) =>
    loadConfig({ ...minimalEnv, CUSTOMERIO_SIGNING_KEYS: keys }, now).access.signingKeys;
  const past = { not_after: '2026-11-24T11:59:59Z' };
  const future = { not_before: '2026-11-24T12:00:01Z' };

  test.each([
    ['one that is over beside one that is valid', timed(past, {})],
    ['one that is to come beside one that is valid', timed({}, future)],
    ['one that ends in a second', timed({ not_after: '2026-11-24T13:00:01+01:00' })],
  ])('%s', (_name, keys) => {
    expect(load(keys).get('acme')?.length).toBeGreaterThan(0);
  });

  test.each([
    [
      'all are over',
      timed(past, { not_after: '2026-11-01T00:00:00Z' }),
      'every key of workspace "acme" is over, the last since 2026-11-24T11:59:59.000Z',
    ],
    [
      'none is valid yet',
      timed(past, future),
      'no key of workspace "acme" is valid yet, the first 2026-11-24T12:00:01.000Z',
    ],
  ])('refuses a workspace when %s', (_name, keys, problem) => {
    expect(() => load(keys)).toThrow(`CUSTOMERIO_SIGNING_KEYS: ${problem}`);
    expect(() => load(keys)).not.toThrow(SIGNING_KEY);
  });
});

describe('published ranges', () => {
  const networksOf = (INGEST_ALLOWLIST: string) =>
    loadConfig({ ...minimalEnv, INGEST_ALLOWLIST, INGEST_ALLOWLIST_MODE: 'log' }).access.networks;
  const us = '35.188.196.183';
  const eu = '34.76.143.229';
  test.each([
    ['customerio', true, true],
    ['customerio-us', true, false],
    ['customerio-eu', false, true],
    ['customerio-eu, 35.188.0.0/16', true, true],
    ['10.0.0.1', false, false],
  ])('%s: us %s, eu %s', (list, hasUs, hasEu) => {
    const networks = networksOf(list);
    expect([networks.check(us), networks.check(eu)]).toEqual([hasUs, hasEu]);
  });

  test('of a file outside the package', () => {
    const region = (address: string) => ({
      date: '2027-01-02',
      lists: [{ origin: 'a test', addresses: [address] }],
    });
    const regions = { us: region('192.0.2.1'), eu: region('198.51.100.0/24') };
    const path = file('ranges.json', JSON.stringify({ source: 'a test', regions }));
    const { networks, ranges } = loadConfig({
      ...minimalEnv,
      INGEST_ALLOWLIST: 'customerio',
      INGEST_RANGES_FILE: path,
    }).access;
    expect(networks.check('198.51.100.9')).toBe(true);
    expect(networks.check(us)).toBe(false);
    expect(ranges).toEqual({ file: path, regions: ['us', 'eu'], date: '2027-01-02', count: 2 });
  });
});

describe('what is refused', () => {
  test.each([
    [
      'no signing keys',
      { CUSTOMERIO_SIGNING_KEYS: undefined },
      'CUSTOMERIO_SIGNING_KEYS: must be set',
    ],
    ['an empty signing key', { CUSTOMERIO_SIGNING_KEYS: 'acme:' }, 'is empty'],
    ['a short signing key', { CUSTOMERIO_SIGNING_KEYS: 'acme:short' }, 'has 5 characters'],
    [
      'white space in a key',
      { CUSTOMERIO_SIGNING_KEYS: `acme: ${SIGNING_KEY}` },
      'holds white space',
    ],
    ['no seal keys', { LANDED_SEAL_KEYS: undefined }, 'LANDED_SEAL_KEYS: must be set'],
    ['a short seal key', { LANDED_SEAL_KEYS: 'k1:AAAA' }, 'LANDED_SEAL_KEYS'],
    ['no hash key', { LANDED_HASH_KEY: undefined }, 'LANDED_HASH_KEY: must be set'],
    ['a short hash key', { LANDED_HASH_KEY: 'short' }, 'LANDED_HASH_KEY'],
    ['a port that is none', { INGEST_PORT: '80a' }, 'INGEST_PORT'],
    ['a port too high', { INGEST_PORT: '65536' }, 'INGEST_PORT'],
    ['a deadline beyond the sender', { INGEST_DEADLINE_MS: '4000' }, 'INGEST_DEADLINE_MS'],
    [
      'a tolerance above a week',
      { INGEST_TIMESTAMP_PAST_TOLERANCE_SECONDS: '604801' },
      'INGEST_TIMESTAMP_PAST_TOLERANCE_SECONDS: must be 1 to 604800',
    ],
    [
      'no tolerance',
      { INGEST_TIMESTAMP_FUTURE_TOLERANCE_SECONDS: '0' },
      'INGEST_TIMESTAMP_FUTURE_TOLERANCE_SECONDS: must be 1 to 604800',
    ],
    ['an unknown policy', { INGEST_TIMESTAMP_POLICY: 'reject' }, 'must be one of flag, enforce'],
    ['an unknown log level', { INGEST_LOG_LEVEL: 'loud' }, 'INGEST_LOG_LEVEL'],
    ['brokers without port', { KAFKA_BROKERS: 'kafka' }, 'KAFKA_BROKERS'],
    ['a registry that is no URL', { SCHEMA_REGISTRY_URL: 'registry' }, 'SCHEMA_REGISTRY_URL'],
    ['a state folder below a file', { INGEST_STATE_DIR: '/dev/null/state' }, 'INGEST_STATE_DIR: '],
    ['a malformed network', { INGEST_ALLOWLIST: '10.0.0.0/33' }, '"10.0.0.0/33" is no address'],
    [
      'a region nobody knows',
      { INGEST_ALLOWLIST: 'customerio-au' },
      '"customerio-au" is no address',
    ],
    [
      'published ranges that are not there',
      { INGEST_ALLOWLIST: 'customerio', INGEST_RANGES_FILE: '/nowhere' },
      'INGEST_RANGES_FILE: /nowhere cannot be read (ENOENT)',
    ],
    ['a list mode without list', { INGEST_ALLOWLIST_MODE: 'log' }, 'INGEST_ALLOWLIST: must be set'],
    [
      'a control without secrets',
      { INGEST_TEMPORARY_CONTROL: 'path' },
      'CUSTOMERIO_TEMPORARY_SECRETS: must be set',
    ],
    [
      'secrets without control',
      { CUSTOMERIO_TEMPORARY_SECRETS: 'acme:a-shared-secret-of-today' },
      'INGEST_TEMPORARY_CONTROL is off',
    ],
    ['a certificate without key', { INGEST_TLS_CERT_FILE: '/nowhere' }, 'set both or neither'],
    [
      'a certificate that is not there',
      { INGEST_TLS_CERT_FILE: '/nowhere', INGEST_TLS_KEY_FILE: '/nowhere' },
      'INGEST_TLS_CERT_FILE: ',
    ],
    [
      'a secret file that is not there',
      { LANDED_HASH_KEY: undefined, LANDED_HASH_KEY_FILE: '/nowhere' },
      'LANDED_HASH_KEY_FILE',
    ],
  ])('%s', (_name, changed, problem) => {
    const problems = problemsOf({ ...minimalEnv, ...changed });
    expect(problems.join('\n')).toContain(problem);
  });

  test('the key of another certificate', () => {
    const certFile = file('one.pem', selfSigned('one').cert);
    const keyFile = file('other.pem', selfSigned('other').key);
    const env = { ...minimalEnv, INGEST_TLS_CERT_FILE: certFile, INGEST_TLS_KEY_FILE: keyFile };
    expect(problemsOf(env).join()).toContain('does not belong to the certificate');
  });

  test('every problem is listed at once, no secret in the list', () => {
    const problems = problemsOf({
      CUSTOMERIO_SIGNING_KEYS: 'acme:hunter2;shop: also-a-secret-text',
      LANDED_HASH_KEY: 'hunter3',
      INGEST_PORT: 'x',
      INGEST_ALLOWLIST_MODE: 'enforce',
      INGEST_TLS_KEY_FILE: '/nowhere',
      KAFKA_TLS: 'yes',
    });
    for (const name of [
      'CUSTOMERIO_SIGNING_KEYS',
      'LANDED_HASH_KEY',
      'INGEST_PORT',
      'INGEST_ALLOWLIST',
      'INGEST_TLS_CERT_FILE',
      'KAFKA_TLS',
    ]) {
      expect(
        problems.some((problem) => problem.startsWith(name)),
        name,
      ).toBe(true);
    }
    expect(problems.join()).not.toMatch(/hunter|also-a-secret/);
  });

  test('missing seal keys are named beside other problems', () => {
    const changed = { LANDED_SEAL_KEYS: undefined, INGEST_PORT: 'x' };
    const problems = problemsOf({ ...minimalEnv, ...changed }).join('\n');
    expect(problems).toContain('INGEST_PORT');
    expect(problems).toContain('LANDED_SEAL_KEYS');
  });
});

test('the list of setting names holds each once, secrets also as files', () => {
  expect(new Set(settingNames).size).toBe(settingNames.length);
  expect(settingNames).toContain('CUSTOMERIO_SIGNING_KEYS_FILE');
  expect(settingNames).toContain('INGEST_DRAIN_MS');
});
