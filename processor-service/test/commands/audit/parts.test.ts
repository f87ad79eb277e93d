import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MessageOutcome } from '@landed/schemas/events.gen';
import { partitionGroups, underWay, waitForCut } from '../../../src/commands/audit/cut.ts';
import type { Cut, Reach } from '../../../src/commands/audit/cut.ts';
import { canonical, createExpectation } from '../../../src/commands/audit/expectation.ts';
import { readCalls } from '../../../src/commands/audit/ledger.ts';
import { createOutcomeFeed } from '../../../src/commands/audit/outcome-feed.ts';
import { readPromised } from '../../../src/commands/audit/promises.ts';
import { drawReport, reportOf } from '../../../src/commands/audit/report.ts';
import { differingFields } from '../../../src/commands/audit/same-outcome.ts';
import { createTally } from '../../../src/commands/audit/tally.ts';
import { createVersions } from '../../../src/commands/audit/versions.ts';
import { rowOf } from '../../../src/warehouse/column.ts';
import { messageOutcomes } from '../../../src/warehouse/tables/message-outcomes.ts';
import { NOON, outcome, scoreChange } from '../../warehouse/records.ts';

const sha = (letter: string): string => letter.repeat(64);

function ledgerOf(files: Readonly<Record<string, readonly (object | string)[]>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'landed-ledger-'));
  for (const [name, lines] of Object.entries(files)) {
    const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
    writeFileSync(join(folder, name), texts.join('\n'));
  }
  return folder;
}

const run = { line: 'run', workspace: 'acme', run: 1, seed: '1' };
const sent = (call: number, eventId: string | null, sha256: string) => ({
  line: 'sent',
  call,
  event_id: eventId,
  sha256,
});
const answer = (call: number, status: number, word: string) => ({
  line: 'answer',
  call,
  status,
  word,
  at: NOON + call,
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('ledger', () => {
  test('one entry a call: by its first 2xx, or as never acknowledged; a torn last line is nothing', async () => {
    const folder = ledgerOf({
      'run-0001.jsonl': [
        run,
        sent(0, 'e0', sha('a')),
        answer(0, 503, 'http_503'),
        answer(0, 200, 'stored'),
        sent(1, null, sha('b')),
        answer(1, 200, 'quarantined'),
        sent(2, 'e2', sha('c')),
        '{"line":"answer","call":2,"sta',
      ],
      'notes.txt': ['no ledger'],
    });
    expect(await all(readCalls(folder))).toMatchObject([
      { workspace: 'acme', eventId: 'e0', answered: 'stored', acknowledgedAt: NOON },
      { eventId: null, bodySha256: sha('b'), answered: 'quarantined' },
      { eventId: 'e2', answered: null },
    ]);
  });

  test('a broken line within, or nothing there, is told and not passed over', async () => {
    const broken = ledgerOf({ 'run-0001.jsonl': [run, '{"line":"sent"}', sent(1, 'e', sha('a'))] });
    await expect(all(readCalls(broken))).rejects.toMatchObject({ retriable: false });
    await expect(all(readCalls(join(broken, 'none')))).rejects.toThrow('no ledger at');
    mkdirSync(join(broken, 'empty'));
    expect(await all(readCalls(join(broken, 'empty')))).toEqual([]);
  });
});

describe('what was promised', () => {
  const raw = (eventId: string, bodySha256: string) => ({
    workspace: 'acme',
    eventId,
    bodySha256,
    receivedAt: NOON,
  });
  const settled = async (see: (promised: Awaited<ReturnType<typeof readPromised>>) => void) => {
    const folder = ledgerOf({
      'run-0001.jsonl': [
        run,
        ...[sent(0, 'stored', sha('a')), answer(0, 200, 'stored')],
        ...[sent(1, 'stored', sha('a')), answer(1, 200, 'stored')],
        ...[sent(2, null, sha('b')), answer(2, 200, 'quarantined')],
        ...[sent(3, 'dead', sha('c')), answer(3, 200, 'stored')],
        sent(4, 'uncertain', sha('d')),
      ],
    });
    const promised = await readPromised(folder, 0);
    see(promised);
    const tally = createTally();
    promised.settle(tally);
    return tally;
  };

  test('all of it found: an event counts once however often it was sent', async () => {
    const tally = await settled((promised) => {
      promised.sawRaw(raw('stored', sha('a')));
      promised.sawRaw(raw('stored', sha('a')));
      promised.sawRaw(raw('uncertain', sha('d')));
      promised.sawRaw(raw('hand-made', sha('e')));
      promised.sawDeadLetter({ workspace: '', eventId: '', sha256: sha('b') });
      promised.sawDeadLetter({ workspace: 'acme', eventId: 'dead', sha256: '' });
    });
    expect(tally.findings()).toEqual([]);
    expect(tally.sums().acknowledged).toBe(3);
    expect(tally.extras().notInLedger).toBe(1);
  });

  test('none of it found: each is lost, what was never acknowledged is not', async () => {
    const tally = await settled(() => undefined);
    expect(tally.findings().map(({ kind, id }) => [kind, id])).toEqual([
      ['lost', 'stored'],
      ['lost', 'dead'],
      ['lost', `body ${'b'.repeat(16)}`],
    ]);
  });

  test('another body than was sent is different', async () => {
    const tally = await settled((promised) => {
      promised.sawRaw(raw('stored', sha('f')));
      promised.sawRaw(raw('dead', sha('c')));
      promised.sawDeadLetter({ workspace: '', eventId: '', sha256: sha('b') });
    });
    expect(tally.findings()).toMatchObject([{ kind: 'different', id: 'stored' }]);
  });

  test('what is older than the log is not looked for', async () => {
    const folder = ledgerOf({
      'run-0001.jsonl': [run, sent(0, 'old', sha('a')), answer(0, 200, 'stored')],
    });
    const tally = createTally();
    (await readPromised(folder, NOON + 1)).settle(tally);
    expect(tally.isBalanced()).toBe(true);
    expect(tally.extras().beyondWindow).toBe(1);
  });
});

describe('expected rows', () => {
  const place = { partition: 0, offset: 4n, timestamp: NOON };
  const row = (given: Partial<MessageOutcome>, offset = 4n) =>
    rowOf(messageOutcomes, outcome(given), { ...place, offset });

  test('the same, another value, a second one, an unknown one, a missing one', () => {
    const expected = createExpectation(messageOutcomes, ['workspace', 'event_id']);
    expected.put(row({ event_id: 'a' }), place);
    expected.put(row({ event_id: 'b' }), place);
    expected.put(row({ event_id: 'c' }, 9n), { ...place, offset: 9n });
    expect(expected.meet(row({ event_id: 'a' }))).toBe('same');
    expect(expected.meet(row({ event_id: 'a', campaign_id: 99 }))).toBe('again');
    expect(expected.meet(row({ event_id: 'b', subject: 'other' }))).toBe('different');
    expect(expected.meet(row({ event_id: 'z' }))).toBe('unknown');
    expect(expected.missing()).toEqual([9n]);
    expect(expected.offsetOf(row({ event_id: 'c' }))).toBe(9n);
  });

  test('of two records under one key the later stands; what is open is no loss', () => {
    const expected = createExpectation(messageOutcomes, ['workspace', 'event_id']);
    expected.put(row({ event_id: 'a', effect: 'noisy' }, 4n), place);
    expected.put(row({ event_id: 'a', effect: 'noisy' }, 8n), { ...place, offset: 8n });
    expect(expected.meet(row({ event_id: 'a', effect: 'noisy' }, 8n))).toBe('same');
    expected.put(row({ event_id: 'b' }), place);
    expected.leaveOpen(row({ event_id: 'b' }, 11n));
    expect(expected.meet(row({ event_id: 'b' }, 11n))).toBe('open');
    expected.put(row({ event_id: 'c' }), place);
    expected.remove(row({ event_id: 'c' }));
    expect(expected.missing()).toEqual([]);
  });

  test.each([
    ['a quoted number', '12', 12, 'whole'],
    ['an instant', String(NOON), NOON, 'instant'],
    ['a flag as 0 and 1', 1, true, 'flag'],
    ['a real number', '0.5', 0.5, 'real'],
    ['nothing', null, null, 'whole'],
    ['a list', ['a'], ['a'], 'list'],
  ] as const)('%s reads the same from both sides', (_name, one, other, kind) => {
    expect(canonical(one, kind)).toBe(canonical(other, kind));
  });

  test('nothing is not 0, and 1 is not 2', () => {
    expect(canonical(null, 'whole')).not.toBe(canonical(0, 'whole'));
    expect(canonical('1', 'whole')).not.toBe(canonical(2, 'whole'));
  });
});

describe('outcomes beside their raw records', () => {
  const feedOf = (...pages: number[][]) =>
    createOutcomeFeed(
      (async function* () {
        for (const page of pages) {
          yield await Promise.resolve(page.map((offset) => outcome({ raw_offset: offset })));
        }
      })(),
    );
  const offsets = (outcomes: readonly MessageOutcome[]) => outcomes.map((one) => one.raw_offset);

  test('are read as far as needed, handed out once, and what nobody took is left', async () => {
    const feed = feedOf([1, 2, 2], [5], [9, 11]);
    await feed.readUpTo(4n);
    expect(offsets(feed.take(2n))).toEqual([2, 2]);
    expect(feed.take(2n)).toEqual([]);
    expect(feed.take(3n)).toEqual([]);
    await feed.readUpTo(20n);
    expect(offsets(feed.take(9n))).toEqual([9]);
    expect(offsets(await all(feed.rest()))).toEqual([1, 5, 11]);
  });

  test('those not read yet are left too', async () => {
    const feed = feedOf([1], [2], [3]);
    await feed.readUpTo(0n);
    expect(offsets(await all(feed.rest()))).toEqual([1, 2, 3]);
  });
});

describe('an outcome against its raw record', () => {
  test('every field counts but the effect', () => {
    const expected = outcome({ effect: 'none' });
    expect(differingFields(expected, outcome()).fields).toEqual([]);
    const found = outcome({ subject: 'x', truncated_fields: ['subject'], mailbox_provider: null });
    expect(differingFields(expected, found).fields).toEqual([
      'mailbox_provider',
      'subject',
      'truncated_fields',
    ]);
    expect(differingFields(null, outcome()).fields).toEqual(['everything']);
  });

  test('under other rules only what is verbatim counts', () => {
    const found = outcome({ rules_version: 1, failure_class: 'soft' });
    expect(differingFields(outcome(), found)).toEqual({ fields: [], isOtherRules: true });
    const changed = outcome({ rules_version: 1, metric: 'opened' });
    expect(differingFields(outcome(), changed).fields).toEqual(['metric']);
  });
});

describe('versions', () => {
  const findings = (isWhole: boolean, versions: readonly number[], stands?: number) => {
    const tally = createTally();
    const watch = createVersions(tally, isWhole);
    for (const version of versions) watch.note(scoreChange({ version }));
    if (stands !== undefined) watch.confirm('acme/cio:a1', stands);
    return tally.findings().map(({ kind, id }) => `${kind} ${id.split(' ')[2] ?? ''}`);
  };

  test.each([
    ['without gaps', true, [1, 2, 3], 3, []],
    ['one left out', true, [1, 3], 3, ['lost 3']],
    ['the first left out', true, [2], 2, ['lost 2']],
    ['the first gone with the log', false, [7, 8], 8, []],
    ['one twice', true, [1, 1, 2], 2, ['doubled 1']],
    ['the last never published', true, [1], 2, ['lost 2']],
    ['none published', true, [], 1, ['lost 1']],
    ['none kept', false, [], 5, []],
    ['none yet', true, [], 0, []],
  ] as const)('%s', (_name, isWhole, versions, stands, found) => {
    expect(findings(isWhole, versions, stands)).toEqual(found);
  });
});

describe('the cut', () => {
  const reach = (committed: number, end: number): readonly Reach[] => [
    { earliest: 0n, end: BigInt(end), committed: BigInt(committed) },
  ];
  const cut = (raw: readonly Reach[], rows: readonly Reach[]): Cut => ({
    raw,
    outcomes: rows,
    scoreChanges: reach(0, 0),
    profiles: reach(0, 0),
    deadLetters: reach(0, 0),
  });
  const { signal } = new AbortController();

  test('tells what is under way', () => {
    expect(underWay(cut(reach(3, 10), reach(4, 6)))).toEqual({ raw: 7, rows: 2 });
  });

  test('waits for what was stored at first, not for what comes on top', async () => {
    const steps = [
      cut(reach(0, 10), reach(0, 0)),
      cut(reach(9, 50), reach(0, 9)),
      cut(reach(12, 90), reach(5, 12)),
      cut(reach(40, 120), reach(12, 40)),
    ];
    let step = 0;
    const take = async () => Promise.resolve(steps[Math.min(step++, steps.length - 1)]!);
    expect(await waitForCut(take, performance.now() + 5_000, signal)).toBe(true);
    expect(step).toBe(4);
  });

  test('partitions go together as long as they are small', () => {
    const sizes = [4, 4, 4, 50, 1, 1];
    const reaches = sizes.flatMap((size) => reach(0, size));
    const groups = partitionGroups(
      { raw: reaches, outcomes: reaches, scoreChanges: [], profiles: [], deadLetters: [] },
      10,
    );
    expect(groups).toEqual([[0, 1], [2], [3], [4, 5]]);
  });

  test('says so when the time is up', async () => {
    const take = async () => Promise.resolve(cut(reach(0, 10), reach(0, 0)));
    expect(await waitForCut(take, performance.now() + 50, signal)).toBe(false);
  });
});

describe('report', () => {
  const tally = createTally();
  for (let hour = 0; hour < 30; hour++) tally.count('raw', NOON + hour * 3_600_000, 2);
  tally.find({ kind: 'lost', where: 'outcomes', id: 'sent-to-a@b.example', detail: 'd' }, NOON);

  test('sums and hours are the same thing', () => {
    const report = reportOf(tally, { raw: 3, rows: 0 }, true);
    expect(report.balanced).toBe(false);
    expect(report.sums).toMatchObject({ raw: 60, lost: 1 });
    expect(report.hours.reduce((sum, hour) => sum + hour.raw, 0)).toBe(60);
  });

  test('the table is small: a day of hours, the rest in one line, the verdict last; no address', () => {
    const text = drawReport(reportOf(tally, { raw: 3, rows: 0 }, true));
    expect(text).toContain('6 hours before');
    expect(text.split('\n').at(-1)).toBe(
      'NOT BALANCED: 1 lost, 0 doubled, 0 different; under way: 3 raw records, 0 rows to come',
    );
    expect(text).not.toContain('a@b.example');
  });

  test('what did not come through in time does not pass for balanced', () => {
    const report = reportOf(createTally(), { raw: 1, rows: 0 }, false);
    expect(report.balanced).toBe(false);
    expect(drawReport(report)).toContain('NOT THROUGH IN TIME');
  });
});
