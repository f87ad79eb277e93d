import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLedgerTail } from '../../bench/ledger-tail.ts';
import { readMemory } from '../../bench/memory.ts';
import { createQueryableWatch } from '../../bench/queryable.ts';
import type { LedgerLine } from '../../traffic/ledger.ts';

const sent = (call: number, kind: 'event' | 'rubbish' = 'event'): LedgerLine => ({
  line: 'sent',
  call,
  event_id: `id-${call}`,
  sha256: '0'.repeat(64),
  bytes: 1,
  kind,
  object_type: 'email',
  metric: 'sent',
  sent_at: 0,
});
const answer = (call: number, at: number, status = 200, word = 'stored'): LedgerLine => ({
  line: 'answer',
  call,
  attempt: 1,
  status,
  word,
  reason: null,
  at,
});

test('measures from the acknowledgement to the first query that finds the event', async () => {
  const lines: LedgerLine[][] = [
    [sent(1), answer(1, 1000), sent(2), answer(2, 1000), sent(3), answer(3, 1000)],
    [],
    [],
  ];
  const finds = [['id-1'], [], ['id-2', 'id-3']];
  let now = 1000;
  const watch = createQueryableWatch({
    readLedger: () => Promise.resolve(lines.shift() ?? []),
    findEvents: () => Promise.resolve(finds.shift() ?? []),
    now: () => now,
    sampleEvery: 1,
  });
  for (const at of [1500, 2000, 4000]) {
    now = at;
    await watch.look();
  }
  const { count, missing, p50 } = watch.figures();
  expect([count, missing]).toEqual([3, 0]);
  // Three digits are kept.
  expect(Math.round(p50 / 10)).toBe(300);
});

test('what is not found is missing, and asked for by its metric', async () => {
  const asked: unknown[] = [];
  const watch = createQueryableWatch({
    readLedger: () => Promise.resolve(asked.length > 0 ? [] : [sent(7), answer(7, 1)]),
    findEvents: (ids, metrics) => {
      asked.push([ids, metrics]);
      return Promise.resolve([]);
    },
    now: () => 10,
    sampleEvery: 1,
  });
  await watch.look();
  await watch.look();
  expect(asked).toEqual([
    [['id-7'], ['sent']],
    [['id-7'], ['sent']],
  ]);
  expect(watch.figures()).toMatchObject({ count: 0, missing: 1 });
});

test('only stored events are looked for, and only a sample of them', async () => {
  let asked: readonly string[] = [];
  const lines = [
    ...[sent(1), answer(1, 1, 503, 'http_503')],
    ...[sent(2, 'rubbish'), answer(2, 1)],
    ...[sent(3), answer(3, 1, 200, 'quarantined')],
    ...Array.from({ length: 40 }, (_, at) => [sent(100 + at), answer(100 + at, 1)]).flat(),
  ];
  const watch = createQueryableWatch({
    readLedger: () => Promise.resolve(lines.splice(0)),
    findEvents: (ids) => {
      asked = ids;
      return Promise.resolve(ids);
    },
    now: () => 5,
    sampleEvery: 10,
  });
  await watch.look();
  expect(asked).toEqual(['id-109', 'id-119', 'id-129', 'id-139']);
  expect(watch.awaited()).toBe(0);
});

test('the tail of a ledger gives whole lines only, each once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tail-'));
  const file = join(folder, 'run-0001.jsonl');
  await writeFile(file, `${JSON.stringify(sent(1))}\n{"line":"ans`);
  const tail = createLedgerTail(file);
  expect(await tail.read()).toEqual([sent(1)]);
  expect(await tail.read()).toEqual([]);
  await appendFile(file, JSON.stringify(answer(1, 5)).slice('{"line":"ans'.length) + '\n');
  expect(await tail.read()).toEqual([answer(1, 5)]);
  await tail.close();
  await rm(folder, { recursive: true });
});

test.runIf(process.platform === 'linux')('memory of a process comes from the kernel', () => {
  const memory = readMemory(process.pid);
  expect(memory!.residentBytes / process.memoryUsage().rss).toBeCloseTo(1, 0);
  expect(memory!.anonymousBytes).toBeLessThan(memory!.residentBytes);
  expect(readMemory(2 ** 22 - 1)).toBeNull();
});
