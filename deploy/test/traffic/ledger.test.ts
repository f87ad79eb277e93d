import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lastRun, LedgerError, readLedger } from '../../traffic/ledger.ts';
import type { LedgerEntry, SentLine } from '../../traffic/ledger.ts';
import { openLedger } from '../../traffic/ledger-writer.ts';

const header = {
  seed: '7',
  workspace: 'acme',
  url: 'http://127.0.0.1/',
  base_at: 1,
  started_at: 2,
};

const sentLine = (call: number): Omit<SentLine, 'line'> => ({
  call,
  event_id: `01K${call}`,
  sha256: String(call % 10).repeat(64),
  bytes: 100 + call,
  kind: 'event',
  object_type: 'email',
  metric: 'sent',
  sent_at: 1000 + call,
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function entries(path: string): Promise<LedgerEntry[]> {
  const all: LedgerEntry[] = [];
  for await (const entry of readLedger(path)) all.push(entry);
  return all;
}

test('a ledger that does not exist reads as empty', async () => {
  expect(await entries(join(folder, 'none'))).toEqual([]);
});

test('each call is one entry: acknowledged ones first, what is open last', async () => {
  const ledger = await openLedger(folder, header);
  await ledger.sent(sentLine(0));
  await ledger.sent({
    ...sentLine(1),
    kind: 'rubbish',
    event_id: null,
    object_type: null,
    metric: null,
  });
  await ledger.sent(sentLine(2));
  await ledger.answer({ call: 0, attempt: 1, status: 0, word: 'timeout', reason: null, at: 2000 });
  await ledger.answer({
    call: 2,
    attempt: 1,
    status: 503,
    word: 'http_503',
    reason: null,
    at: 2001,
  });
  await ledger.answer({
    call: 1,
    attempt: 1,
    status: 200,
    word: 'quarantined',
    reason: 'not_json',
    at: 2002,
  });
  await ledger.answer({ call: 0, attempt: 2, status: 200, word: 'stored', reason: null, at: 2003 });
  await ledger.close();
  const all = await entries(folder);
  expect(
    all.map(({ call, attempts, status, word, acknowledgedAt }) => [
      call,
      attempts,
      status,
      word,
      acknowledgedAt,
    ]),
  ).toEqual([
    [1, 1, 200, 'quarantined', 2002],
    [0, 2, 200, 'stored', 2003],
    [2, 1, 503, 'http_503', null],
  ]);
  expect(all[1]).toMatchObject({
    run: 1,
    workspace: 'acme',
    eventId: '01K0',
    bodySha256: '0'.repeat(64),
    bodyBytes: 100,
    kind: 'event',
    sentAt: 1000,
  });
});

test('runs accumulate, one file each, and are read in their order', async () => {
  for (let run = 1; run <= 11; run += 1) {
    const ledger = await openLedger(folder, header);
    expect(ledger.run).toBe(run);
    await ledger.sent(sentLine(run));
    await ledger.close();
  }
  expect((await entries(folder)).map((entry) => entry.run)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
  ]);
  expect(await lastRun(folder)).toBe(11);
});

test('two senders that start together get two runs', async () => {
  const both = await Promise.all([openLedger(folder, header), openLedger(folder, header)]);
  expect(both.map(({ run }) => run).sort()).toEqual([1, 2]);
  for (const ledger of both) await ledger.close();
});

test('lines are on disk when the promise resolves', async () => {
  const ledger = await openLedger(folder, header);
  await Promise.all([ledger.sent(sentLine(0)), ledger.sent(sentLine(1))]);
  const lines = (await readFile(ledger.file, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { line: string }).line)).toEqual([
    'run',
    'sent',
    'sent',
  ]);
  await ledger.close();
});

test('the torn last line of a killed sender is left out; its call stays unacknowledged', async () => {
  const ledger = await openLedger(folder, header);
  await ledger.sent(sentLine(0));
  await ledger.close();
  await appendFile(ledger.file, '{"line":"answer","call":0,"attempt":1,"sta');
  expect((await entries(folder)).map((entry) => entry.acknowledgedAt)).toEqual([null]);
});

test.each([
  ['a broken line in the middle', '{"line":"se\n{"line":"sent"}\n'],
  ['a line of another kind', '{"line":"other"}\n'],
  [
    'an answer without its call',
    '{"line":"answer","call":9,"attempt":1,"status":200,"word":"stored","reason":null,"at":1}\n',
  ],
])('%s is damage, not silence', async (_, text) => {
  const ledger = await openLedger(folder, header);
  await ledger.close();
  await appendFile(ledger.file, text);
  await expect(entries(folder)).rejects.toThrow(LedgerError);
});

test('a file without its run is damage', async () => {
  const file = join(folder, 'run-0001.jsonl');
  await writeFile(file, `${JSON.stringify({ line: 'sent', ...sentLine(0) })}\n`);
  await expect(entries(file)).rejects.toThrow(LedgerError);
});
