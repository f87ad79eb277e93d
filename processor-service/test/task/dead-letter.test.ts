import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { readDeadLetterHeaders } from '@landed/schemas/dead-letter';
import { DEAD_LETTER_BYTES_MAX, deadLetter } from '../../src/task/dead-letter.ts';
import { record } from './raw-records.ts';

const place = { topic: 'dlq', partitions: 3, rawTopic: 'raw', rawPartition: 4 };
const rejection = { reason: 'seal_broken', detail: 'why', workspace: 'w', eventId: 'e' } as const;
const facts = (letter: ReturnType<typeof deadLetter>) =>
  readDeadLetterHeaders(letter.headers ?? {});

test('the bytes as they stood, and where they came from', () => {
  const value = Buffer.from('anything');
  const letter = deadLetter(record(17, 1_234, 'w/cio:1', value), rejection, place);
  expect(letter).toMatchObject({ topic: 'dlq', value });
  expect(letter.partition).toBeLessThan(3);
  expect(facts(letter)).toEqual({
    reason: 'seal_broken',
    detail: 'why',
    stage: 'score',
    workspace: 'w',
    eventId: 'e',
    at: 1_234,
    origin: { topic: 'raw', partition: 4, offset: '17' },
    originalBytes: 8,
    originalSha256: createHash('sha256').update(value).digest('hex'),
    isTruncated: false,
    isSealed: false,
  });
});

test('a value that the dead-letter topic would not take is cut, and says so', () => {
  const value = Buffer.alloc(DEAD_LETTER_BYTES_MAX + 1, 7);
  const letter = deadLetter(record(0, 0, null, value), rejection, place);
  expect(letter.value).toHaveLength(DEAD_LETTER_BYTES_MAX);
  expect(facts(letter)).toMatchObject({ isTruncated: true, originalBytes: value.length });
});

test('no value becomes an empty one: a tombstone would be no letter', () => {
  const letter = deadLetter(record(0, 0, 'k', null), rejection, place);
  expect(letter.value).toHaveLength(0);
});

test('an id that is an address, and a detail without end', () => {
  const spoilt = { ...rejection, eventId: 'someone@example.com', detail: 'x'.repeat(5_000) };
  const letter = deadLetter(record(0, 0, 'k', null), spoilt, place);
  expect(JSON.stringify(letter.headers)).not.toContain('someone@');
  expect(facts(letter).detail.length).toBeLessThan(400);
});
