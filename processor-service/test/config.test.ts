import { describe, expect, test } from 'vitest';
import { SettingsError } from '@landed/schemas/settings';
import { loadConfig, settingNames } from '../src/config.ts';

const GOOD = {
  LANDED_HASH_KEY: 'a key of at least thirty-two bytes',
  LANDED_SEAL_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
};

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('configuration', () => {
  test('the defaults, with nothing but the keys given', () => {
    expect(loadConfig(GOOD)).toMatchObject({
      roles: ['score', 'warehouse'],
      prefix: '',
      partitions: 12,
      scoreStep: 5,
      opsHost: '127.0.0.1',
      opsPort: 9102,
      logLevel: 'info',
      failpoint: null,
    });
  });

  test('a prefix stands before every topic', () => {
    const { topics, topicSpecs } = loadConfig({ ...GOOD, KAFKA_TOPIC_PREFIX: 'eu.' });
    expect(Object.values(topics).every((name) => name.startsWith('eu.'))).toBe(true);
    expect(topicSpecs.every(({ name }) => name.startsWith('eu.'))).toBe(true);
  });

  test('every problem is listed at once, and no secret with it', () => {
    const problems = problemsOf({
      LANDED_HASH_KEY: 'too short',
      LANDED_SEAL_KEYS: 'k1:c2hvcnQ=',
      PROCESSOR_ROLES: 'score,dancing',
      PROCESSOR_OPS_PORT: 'none',
      SCORE_STEP: '0',
      KAFKA_BROKERS: 'nowhere',
      CLICKHOUSE_URL: 'gopher://x',
    });
    for (const name of [
      'LANDED_HASH_KEY',
      'LANDED_SEAL_KEYS',
      'PROCESSOR_ROLES',
      'PROCESSOR_OPS_PORT',
      'SCORE_STEP',
      'KAFKA_BROKERS',
      'CLICKHOUSE_URL',
    ]) {
      expect(problems.filter((problem) => problem.startsWith(name))).toHaveLength(1);
    }
    expect(problems.join()).not.toContain('too short');
  });

  test('settings of a role that is not asked for are not looked at', () => {
    expect(problemsOf({ ...GOOD, PROCESSOR_ROLES: 'score', CLICKHOUSE_URL: 'gopher://x' })).toEqual(
      [],
    );
  });

  test('plain storage must be asked for by name', () => {
    expect(problemsOf({ LANDED_HASH_KEY: GOOD.LANDED_HASH_KEY }).join()).toMatch(
      /LANDED_STORAGE=plain/,
    );
    const plain = { LANDED_HASH_KEY: GOOD.LANDED_HASH_KEY, LANDED_STORAGE: 'plain' };
    expect(loadConfig(plain).sealKeys).toEqual([]);
  });

  test('all settings are named', () => {
    expect(settingNames).toEqual(
      expect.arrayContaining(['PROCESSOR_ROLES', 'CLICKHOUSE_URL', 'LANDED_SEAL_KEYS_FILE']),
    );
    expect(new Set(settingNames).size).toBe(settingNames.length);
  });
});
