import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withEmbeddedSettings } from '@landed/processor-service/commands/embedded-settings';

const folder = mkdtempSync(join(tmpdir(), 'landed-embedded-'));
const file = join(folder, 'environment');
writeFileSync(file, 'KAFKA_BROKERS="127.0.0.1:1"\nLANDED_SEAL_KEYS="k1:AA=="\n');

test('an empty environment is completed', () => {
  const env = withEmbeddedSettings({ PATH: '/bin' }, file);
  expect(env).toEqual({ PATH: '/bin', KAFKA_BROKERS: '127.0.0.1:1', LANDED_SEAL_KEYS: 'k1:AA==' });
});

test('what is set wins', () => {
  expect(withEmbeddedSettings({ LANDED_SEAL_KEYS: 'own' }, file)['LANDED_SEAL_KEYS']).toBe('own');
});

test('whoever names a server gets no embedded secret', () => {
  const env = { CLICKHOUSE_URL: 'https://warehouse.example' };
  expect(withEmbeddedSettings(env, file)).toEqual(env);
});

test('no file adds nothing', () => {
  expect(withEmbeddedSettings({}, join(folder, 'absent'))).toEqual({});
});
