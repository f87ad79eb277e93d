import { SettingsError } from '@landed/schemas/settings';
import { describe, expect, test } from 'vitest';
import { readTrafficSettings } from '../../traffic/settings.ts';

const least = {
  TRAFFIC_WORKSPACE: 'acme',
  TRAFFIC_SIGNING_KEY: 'k'.repeat(32),
  TRAFFIC_LEDGER: '/tmp/l',
};

function problems(env: Record<string, string>): readonly string[] {
  try {
    readTrafficSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  test('have defaults: 20 a second, without end, the endpoint of the workspace', () => {
    const settings = readTrafficSettings(least);
    expect(settings).toMatchObject({ rate: 20, events: null, seed: '1', order: 'independent' });
    expect(settings.url.href).toBe('http://127.0.0.1:8080/v1/webhooks/customerio/acme/reporting');
  });

  test('a URL with a path is taken as it is', () => {
    const url = 'https://hooks.example/some/path';
    expect(readTrafficSettings({ ...least, TRAFFIC_URL: url }).url.href).toBe(url);
  });

  test.each([
    ['acme:first-key-of-acme,second-key', 'first-key-of-acme'],
    ['other:not-this-one;acme:key:with:colons', 'key:with:colons'],
  ])('the key comes from the keys of the service: %s', (keys, expected) => {
    const env = {
      TRAFFIC_WORKSPACE: 'acme',
      TRAFFIC_LEDGER: '/tmp/l',
      CUSTOMERIO_SIGNING_KEYS: keys,
    };
    expect(readTrafficSettings(env).key).toBe(expected);
  });

  test('every problem is listed at once, no secret shown', () => {
    const found = problems({
      ...least,
      TRAFFIC_RATE: 'fast',
      TRAFFIC_ORDER: 'any',
      TRAFFIC_EVENTS: '-1',
    });
    expect(found.map((problem) => problem.split(':')[0])).toEqual(
      expect.arrayContaining(['TRAFFIC_RATE', 'TRAFFIC_ORDER', 'TRAFFIC_EVENTS']),
    );
    expect(found.join()).not.toContain(least.TRAFFIC_SIGNING_KEY);
  });

  test('a workspace without a key is refused', () => {
    const env = {
      TRAFFIC_WORKSPACE: 'acme',
      TRAFFIC_LEDGER: '/tmp/l',
      CUSTOMERIO_SIGNING_KEYS: 'other:key',
    };
    expect(problems(env)[0]).toContain('"acme"');
  });
});
