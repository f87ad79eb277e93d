import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { settingNames } from '../src/config.ts';
import { runService } from './running-service.ts';

const page = readFileSync(new URL('../ACCESS.md', import.meta.url), 'utf8');
const wordsLike = (pattern: RegExp): string[] => [...new Set(page.match(pattern))];

test('every metric that ACCESS.md names is there', async () => {
  const { service, scrape } = await runService();
  const text = await scrape();
  await service.drain();
  const names = wordsLike(/ingest_[a-z_]+/g);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !text.includes(`# HELP ${name} `))).toEqual([]);
});

test('every setting that ACCESS.md names is one', () => {
  const ofTheCommandLine = ['CUSTOMERIO_APP_API_KEY', 'CUSTOMERIO_APP_API_KEY_FILE'];
  const known = [...settingNames, ...ofTheCommandLine];
  const names = wordsLike(/\b(INGEST|CUSTOMERIO)_[A-Z_]+\b/g);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
});
