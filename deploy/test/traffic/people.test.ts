import { describe, expect, test } from 'vitest';
import { failureText, failureTexts } from '../../traffic/failure-texts.ts';
import type { FailureFamily } from '../../traffic/failure-texts.ts';
import { personOf } from '../../traffic/people.ts';
import { createRandom } from '../../traffic/random.ts';

const people = Array.from({ length: 2000 }, (_, number) => personOf('1', number));

describe('people', () => {
  test('are the same for the same seed and others for another', () => {
    expect(personOf('1', 7)).toEqual(people[7]);
    expect(personOf('2', 7)).not.toEqual(people[7]);
  });

  test('have addresses of their own that no provider gives away', () => {
    expect(new Set(people.map(({ email }) => email)).size).toBe(people.length);
    for (const { email } of people) {
      const [local = '', domain = ''] = email.split('@');
      expect(local).toMatch(/^\d{5}\./);
      expect(local.length).toBeGreaterThan(30);
      expect(local.length).toBeLessThanOrEqual(64);
      expect(domain).not.toBe('');
    }
  });

  test('have numbers kept for fiction', () => {
    for (const { phone } of people) expect(phone).toMatch(/^\+1\d{3}55501\d\d$/);
  });

  test('have one to three devices with tokens of their own', () => {
    const tokens = people.flatMap(({ devices }) => devices.map(({ id }) => id));
    expect(new Set(tokens).size).toBe(tokens.length);
    for (const { devices } of people) expect([1, 2, 3]).toContain(devices.length);
  });
});

describe('failure texts', () => {
  const families = Object.keys(failureTexts) as FailureFamily[];

  test.each(families)('%s: every blank is filled in', (family) => {
    for (let seed = 0; seed < 40; seed += 1) {
      const text = failureText(createRandom(String(seed)), family, 'old.box@kaffee.example');
      expect(text).not.toMatch(/[{}]/);
      expect(text.length).toBeGreaterThan(5);
    }
  });

  test('no text is written twice', () => {
    const texts = Object.values(failureTexts).flat();
    expect(new Set(texts).size).toBe(texts.length);
  });
});
