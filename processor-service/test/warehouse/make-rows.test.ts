import { describe, expect, test } from 'vitest';
import { avroSchemaText } from '@landed/schemas/avro';
import { createEncoder } from '@landed/schemas/codec';
import { OperationError } from '@landed/schemas/fate';
import { topicNames } from '@landed/schemas/topics';
import type { LogRecord } from '../../src/log/partition-reader.ts';
import { createRowMaker } from '../../src/warehouse/make-rows.ts';
import { NOON, outcome, profile, scoreChange } from './records.ts';

const topics = topicNames();
const schemas: Readonly<Record<number, string>> = {
  1: avroSchemaText('MessageOutcome'),
  2: avroSchemaText('ScoreChange'),
  3: avroSchemaText('Profile'),
};
const maker = createRowMaker({
  topics,
  fetchSchema: async (id) => {
    const text = schemas[id];
    if (text === undefined) throw new OperationError('unknown', { retriable: true });
    return Promise.resolve(text);
  },
});
const record = (value: Buffer | null, given: Partial<LogRecord> = {}): LogRecord => ({
  offset: 5n,
  timestamp: NOON,
  key: Buffer.from('acme/cio:a1'),
  value,
  headers: {},
  ...given,
});
const make = async (topic: string, ...records: LogRecord[]) =>
  maker.make([{ topic, partition: 2, records }]);

const encoded = {
  outcome: createEncoder('MessageOutcome', 1)(outcome()),
  change: createEncoder('ScoreChange', 2)(scoreChange()),
  profile: createEncoder('Profile', 3)(profile()),
};

describe('rows from records', () => {
  test.each([
    [topics.outcomes, encoded.outcome, 'message_outcomes_log'],
    [topics.scoreChanges, encoded.change, 'score_changes_log'],
    [topics.profiles, encoded.profile, 'profiles_log'],
    [topics.profiles, null, 'profiles_log'],
    [topics.deadLetters, Buffer.from('anything'), 'dead_letters_log'],
  ])('%s', async (topic, value, table) => {
    const [made] = await make(topic, record(value));
    expect(made).toMatchObject({
      kind: 'row',
      table,
      row: { origin: { topic, partition: 2, offset: 5n } },
    });
    const line = made?.kind === 'row' ? made.row.line : '';
    expect(line.endsWith(']\n')).toBe(true);
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(Array.isArray(JSON.parse(line))).toBe(true);
  });

  test('an outcome says which day to recompute and when it was received', async () => {
    const [made] = await make(topics.outcomes, record(encoded.outcome));
    const day = new Date(NOON).toISOString().slice(0, 10);
    expect(made).toMatchObject({ row: { day, receivedAt: NOON + 1_000 } });
  });

  test('of profiles in one flush the last of a person counts', async () => {
    const made = await make(topics.profiles, record(encoded.profile), record(null));
    expect(made).toMatchObject([
      { row: { replaces: 'acme/cio:a1' } },
      { row: { replaces: 'acme/cio:a1' } },
    ]);
  });

  test.each([
    ['no wire format', Buffer.from('zonk'), 'bad_magic'],
    ['cut short', encoded.outcome.subarray(0, 60), 'truncated'],
    ['another record type', encoded.change, 'undecodable'],
    ['empty', null, 'truncated'],
  ])(
    'a record that is none of ours is parked, the rest goes on: %s',
    async (_name, value, reason) => {
      const made = await make(topics.outcomes, record(value), record(encoded.outcome));
      expect(made).toMatchObject([{ kind: 'parked', parked: { reason } }, { kind: 'row' }]);
    },
  );

  test('an unknown schema is an outage: nothing is made, nothing is parked', async () => {
    const unknown = createEncoder('MessageOutcome', 99)(outcome());
    const made = make(topics.outcomes, record(encoded.outcome), record(unknown));
    await expect(made).rejects.toMatchObject({ retriable: true });
  });
});
