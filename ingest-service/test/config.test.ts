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
      keepAliveMs: 75_000,
      drainMs: 5000,
      topics: { prefix: '', partitions: 12, replication: 1 },
      access: {
        allowlistMode: 'off',
        temporaryPlace: null,
        timestampPolicy: { mode: 'flag', toleranceSeconds: 300 },
      },
      limits: {
        bodyBytesSoftMax: 1_048_576,
        bodyBytesHardMax: 8_388_608,
        deadlineMs: 3000,
        batchWaitMs: 5,
        pendingRecordsMax: 2000,
        pendingBytesMax: 67_108_864,
      },
    });
    expect([...config.access.signingKeys]).toEqual([['acme', [SIGNING_KEY]]]);
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
    ['an unknown policy', { INGEST_TIMESTAMP_POLICY: 'reject' }, 'must be one of flag, enforce'],
    ['an unknown log level', { INGEST_LOG_LEVEL: 'loud' }, 'INGEST_LOG_LEVEL'],
    ['brokers without port', { KAFKA_BROKERS: 'kafka' }, 'KAFKA_BROKERS'],
    ['a registry that is no URL', { SCHEMA_REGISTRY_URL: 'registry' }, 'SCHEMA_REGISTRY_URL'],
    ['a state folder below a file', { INGEST_STATE_DIR: '/dev/null/state' }, 'INGEST_STATE_DIR: '],
    ['a malformed network', { INGEST_ALLOWLIST: '10.0.0.0/33' }, '"10.0.0.0/33" is no address'],
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
