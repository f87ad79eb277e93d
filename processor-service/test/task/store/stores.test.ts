import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openLmdbStore } from '../../../src/task/store/lmdb-store.ts';
import { createMemoryStore } from '../../../src/task/store/memory-store.ts';
import { describeStore } from '../contract/store.ts';

const root = mkdtempSync(join(tmpdir(), 'landed-store-'));
let count = 0;
afterAll(() => rmSync(root, { recursive: true, force: true }));

describeStore('in memory', async () => Promise.resolve(createMemoryStore()));
describeStore('lmdb', async () => Promise.resolve(openLmdbStore(join(root, String(count++)))));
