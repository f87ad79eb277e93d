import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  SettingsError,
  kafkaShape,
  privacySecrets,
  privacyShape,
  readSettings,
  registryShape,
  sealKeysOf,
} from '@landed/schemas/settings';

const hashKey = 'a hash key with at least thirty-two characters';
const sealKey = `k1:${Buffer.alloc(32, 1).toString('base64')}`;

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('readSettings', () => {
  test('defaults are those of the local system', () => {
    const settings = readSettings({}, { ...kafkaShape, ...registryShape });
    expect(settings.KAFKA_BROKERS).toEqual(['127.0.0.1:19092']);
    expect(settings.SCHEMA_REGISTRY_URL).toBe('http://127.0.0.1:18081');
    expect(settings.TOPIC_PARTITIONS).toBe(12);
  });

  test('lists every problem at once, and no value', () => {
    const env = {
      KAFKA_BROKERS: 'nonsense',
      KAFKA_TLS: 'yes',
      TOPIC_PARTITIONS: '0',
      LANDED_HASH_KEY: 'short-secret',
      LANDED_SEAL_KEYS: 'k1:c2hvcnQ=',
      LANDED_STORAGE: 'maybe',
    };
    const problems = problemsOf(() =>
      readSettings(env, { ...kafkaShape, ...privacyShape }, [...privacySecrets]),
    );
    for (const name of Object.keys(env)) {
      expect(
        problems.some((problem) => problem.startsWith(`${name}:`)),
        name,
      ).toBe(true);
    }
    expect(problems.join()).not.toContain('short-secret');
    expect(problems.join()).not.toContain('c2hvcnQ');
  });

  test('a secret may come from a file; both at once are refused', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'landed-settings-')), 'hash-key');
    writeFileSync(path, `${hashKey}\n`);
    const read = (env: Record<string, string>) =>
      readSettings(env, privacyShape, [...privacySecrets]);
    expect(read({ LANDED_HASH_KEY_FILE: path }).LANDED_HASH_KEY.toString()).toBe(hashKey);
    expect(
      problemsOf(() => read({ LANDED_HASH_KEY_FILE: path, LANDED_HASH_KEY: hashKey })),
    ).toEqual(['LANDED_HASH_KEY and LANDED_HASH_KEY_FILE are both set: keep one']);
    expect(problemsOf(() => read({ LANDED_HASH_KEY_FILE: `${path}.missing` }))[0]).toContain(
      'ENOENT',
    );
  });

  test.each([
    ['no id', Buffer.alloc(32).toString('base64'), 'id:base64'],
    ['a short key', 'k1:c2hvcnQ=', '32 bytes'],
    ['an id used twice', `${sealKey},${sealKey}`, 'used twice'],
  ])('seal keys with %s', (_name, keys, told) => {
    const env = { LANDED_HASH_KEY: hashKey, LANDED_SEAL_KEYS: keys };
    expect(problemsOf(() => readSettings(env, privacyShape)).join()).toContain(told);
  });

  test('storage is sealed unless plain is asked for by name', () => {
    const read = (env: Record<string, string>) =>
      sealKeysOf(readSettings({ LANDED_HASH_KEY: hashKey, ...env }, privacyShape));
    expect(read({ LANDED_SEAL_KEYS: sealKey }).map((key) => key.id)).toEqual(['k1']);
    expect(read({ LANDED_STORAGE: 'plain' })).toEqual([]);
    expect(problemsOf(() => read({}))[0]).toContain('LANDED_SEAL_KEYS');
  });
});
