import { expect, test } from 'vitest';
import type { OutgoingRecord } from '../src/batch.ts';
import { isAcknowledged } from '../src/kafka-sender.ts';

const record = (topic: string, partition: number): OutgoingRecord => ({
  topic,
  partition,
  key: null,
  value: Buffer.alloc(1),
});
const answer = (topicName: string, partition: number, errorCode = 0) => ({
  topicName,
  partition,
  errorCode,
});
const sent = [record('raw', 0), record('raw', 3), record('raw', 3), record('dead', 0)];

test('every partition answered without error', () => {
  const answers = [answer('raw', 0), answer('raw', 3), answer('dead', 0)];
  expect(isAcknowledged(sent, answers)).toBe(true);
});

test.each([
  [
    'a partition left out, as when its leader moved during a retry',
    [answer('raw', 0), answer('dead', 0)],
  ],
  ['a topic left out', [answer('raw', 0), answer('raw', 3)]],
  ['an error for one partition', [answer('raw', 0), answer('raw', 3, 6), answer('dead', 0)]],
  ['no answer at all', []],
])('%s', (_name, answers) => {
  expect(isAcknowledged(sent, answers)).toBe(false);
});
