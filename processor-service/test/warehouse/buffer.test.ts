import { describe, expect, test } from 'vitest';
import { createRowBuffer } from '../../src/warehouse/buffer.ts';
import type { BufferedRow } from '../../src/warehouse/buffer.ts';

const row = (line: string, given: Partial<BufferedRow> = {}): BufferedRow => ({
  line,
  origin: { topic: 't', partition: 0, offset: 0n, timestamp: 0, key: null, value: Buffer.alloc(5) },
  ...given,
});

describe('row buffer', () => {
  test('is full by rows or by the bytes it holds on to, records included', () => {
    const byRows = createRowBuffer({ rowsMax: 2, bytesMax: 1_000, now: () => 0 });
    byRows.add('profiles_log', row('a'));
    expect(byRows.isFull()).toBe(false);
    byRows.add('score_changes_log', row('b'));
    expect(byRows.isFull()).toBe(true);
    const byBytes = createRowBuffer({ rowsMax: 1_000, bytesMax: 15, now: () => 0 });
    byBytes.add('profiles_log', row('äöü'));
    expect(byBytes.size()).toEqual({ rows: 1, bytes: 11 });
    byBytes.add('profiles_log', row(''));
    expect(byBytes.isFull()).toBe(true);
  });

  test('of rows that replace each other only the last is kept, in its place', () => {
    const buffer = createRowBuffer({ rowsMax: 10, bytesMax: 1_000, now: () => 0 });
    for (const [name, line] of [
      ['p', 'p1'],
      ['q', 'q1'],
      ['p', 'p2 longer'],
    ] as const) {
      buffer.add('profiles_log', row(line, { replaces: name }));
    }
    buffer.add('score_changes_log', row('other', { replaces: 'p' }));
    expect(buffer.size()).toEqual({ rows: 3, bytes: 15 + 'p2 longer'.length + 2 + 5 });
    const lines = buffer.take().map(({ table, rows }) => [table, rows.map(({ line }) => line)]);
    expect(lines).toEqual([
      ['profiles_log', ['p2 longer', 'q1']],
      ['score_changes_log', ['other']],
    ]);
  });

  test('hands over in parts of at most rowsMax and is empty then, its age forgotten', () => {
    let now = 5;
    const buffer = createRowBuffer({ rowsMax: 2, bytesMax: 1_000, now: () => now });
    expect(buffer.oldestAt()).toBeNull();
    for (const line of ['1', '2', '3', '4', '5']) {
      buffer.add('message_outcomes_log', row(line));
      now += 10;
    }
    expect(buffer.oldestAt()).toBe(5);
    expect(buffer.take().map(({ rows }) => rows.length)).toEqual([2, 2, 1]);
    expect(buffer.take()).toEqual([]);
    expect(buffer.oldestAt()).toBeNull();
    expect(buffer.size()).toEqual({ rows: 0, bytes: 0 });
  });
});
