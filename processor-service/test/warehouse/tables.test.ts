import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadAvroSchema } from '@landed/schemas/avro';
import type { AvroObject, RecordName } from '@landed/schemas/avro';
import { readDeadLetterHeaders } from '@landed/schemas/dead-letter';
import { rowOf } from '../../src/warehouse/column.ts';
import type { Cell, RecordPlace, Table } from '../../src/warehouse/column.ts';
import { deadLetters } from '../../src/warehouse/tables/dead-letters.ts';
import { messageOutcomes } from '../../src/warehouse/tables/message-outcomes.ts';
import { profiles } from '../../src/warehouse/tables/profiles.ts';
import { scoreChanges } from '../../src/warehouse/tables/score-changes.ts';
import { NOON, outcome, profile, scoreChange } from './records.ts';

const place: RecordPlace = {
  partition: 3,
  offset: 9_007_199_254_740_993n,
  timestamp: NOON + 1_500,
};

/** A row by column name. */
function named<R>(table: Table<R>, record: R): Record<string, Cell> {
  const row = rowOf(table, record, place);
  return Object.fromEntries(
    table.columns.map((column, index) => [column.name, row[index] ?? null]),
  );
}

function sqlColumns(table: string): { inserted: string[]; view: string[] } {
  const folder = new URL('../../../schemas/clickhouse/', import.meta.url);
  const file = {
    message_outcomes_log: '0001_message_outcomes.sql',
    score_changes_log: '0003_score_changes.sql',
    profiles_log: '0004_profiles.sql',
    dead_letters_log: '0006_dead_letters.sql',
  }[table];
  const sql = readFileSync(new URL(file ?? '', folder), 'utf8');
  const [log = '', view = ''] = sql.split('CREATE OR REPLACE VIEW');
  const columns = (text: string): string[] =>
    [...text.matchAll(/^ {4}(\w+) .*COMMENT '/gm)].map((match) => match[1] ?? '');
  const defaults = [...log.matchAll(/^ {4}(\w+) .* DEFAULT .*COMMENT '/gm)].map(
    (match) => match[1],
  );
  return { inserted: columns(log).filter((name) => !defaults.includes(name)), view: columns(view) };
}

describe.each([messageOutcomes, scoreChanges, profiles, deadLetters] as Table<never>[])(
  '$name',
  (table) => {
    const names = table.columns.map((column) => column.name);

    test('has the columns of the SQL, in its order, but those with defaults', () => {
      expect(names).toEqual(sqlColumns(table.name).inserted);
    });

    test('shows every column in the view but the bookkeeping', () => {
      const hidden = new Set(['row_version', 'is_deleted']);
      const { view } = sqlColumns(table.name);
      expect(names.filter((name) => !view.includes(name) && !hidden.has(name))).toEqual([]);
    });
  },
);

describe('completeness: every published field is a column', () => {
  const fieldsOf = (name: RecordName): string[] =>
    (loadAvroSchema(name).fields ?? []).map((field) => field.name);
  const inner = (name: RecordName, field: string): string[] => {
    const found = loadAvroSchema(name).fields?.find((candidate) => candidate.name === field);
    return ((found?.type as AvroObject).fields ?? []).map((part) => part.name);
  };
  const namesOf = (table: { columns: readonly { name: string }[] }) =>
    new Set(table.columns.map((column) => column.name));

  test('outcomes', () => {
    const names = namesOf(messageOutcomes);
    expect(fieldsOf('MessageOutcome').filter((field) => !names.has(field))).toEqual([]);
  });

  test('score changes: the views are there whole, as JSON', () => {
    const names = namesOf(scoreChanges);
    const elsewhere = new Set(['before', 'after']);
    const missing = fieldsOf('ScoreChange').filter((f) => !names.has(f) && !elsewhere.has(f));
    expect(missing).toEqual([]);
    const cause = inner('ScoreChange', 'cause').filter(
      (field) => !names.has(`cause_${field}`) && !names.has(field),
    );
    expect(cause).toEqual(['kind']);
    expect(names).toContain('cause');
  });

  test('profiles: all but what is internal', () => {
    const names = namesOf(profiles);
    const internal = ['state', 'layout_version', 'sealed_address', 'hash_key_fingerprint'];
    const whole = ['identifiers', 'view'];
    const missing = fieldsOf('Profile').filter((field) => !names.has(field));
    expect(missing.sort()).toEqual([...internal, ...whole].sort());
    expect(inner('Profile', 'identifiers').filter((field) => !names.has(field))).toEqual([]);
    const view = loadAvroSchema('Profile').fields?.find((field) => field.name === 'view');
    const viewFields = (view?.type as AvroObject).fields ?? [];
    const channelFields = ((viewFields[0]?.type as AvroObject).fields ?? []).map((f) => f.name);
    const channels = ['email', 'sms', 'whatsapp', 'push'];
    const wide = channels.flatMap((channel) => channelFields.map((f) => `${channel}_${f}`));
    expect(wide.filter((name) => !names.has(name))).toEqual([
      'email_live_devices',
      'sms_live_devices',
      'whatsapp_live_devices',
    ]);
    const person = viewFields.map((field) => field.name).filter((f) => !channels.includes(f));
    expect(person.filter((field) => !names.has(field))).toEqual([]);
  });
});

describe('rows', () => {
  test('an outcome: what is missing is empty or 0, measures are null, offsets keep every digit', () => {
    expect(named(messageOutcomes, outcome())).toMatchObject({
      event_id: 'event-1',
      occurred_at: NOON,
      processed_at: NOON + 1_500,
      campaign_id: 12,
      broadcast_id: 0,
      journey_id: '',
      failure_class: '',
      failure_confidence: null,
      is_machine: false,
      devices: [],
      raw_offset: 7,
      kafka_partition: 3,
      kafka_offset: '9007199254740993',
      row_version: (2n * 2n ** 48n + BigInt(NOON + 1_500)).toString(),
    });
  });

  test('a newer rule wins over a later repeat, a later repeat over an earlier one', () => {
    const version = (rules: number, timestamp: number): bigint => {
      const row = rowOf(messageOutcomes, outcome({ rules_version: rules }), {
        ...place,
        timestamp,
      });
      return BigInt(row.at(-1) as string);
    };
    expect(version(3, 1)).toBeGreaterThan(version(2, NOON * 2));
    expect(version(2, NOON + 1)).toBeGreaterThan(version(2, NOON));
  });

  test('a push outcome lists its devices by name', () => {
    const devices = [
      {
        device_hash: 'd',
        platform: null,
        failure_class: 'hard',
        failure_kind: null,
        failure_reason: null,
      },
    ];
    expect(named(messageOutcomes, outcome({ devices }))['devices']).toEqual([
      {
        device_hash: 'd',
        platform: '',
        failure_class: 'hard',
        failure_kind: '',
        failure_reason: '',
      },
    ]);
  });

  test('a score change: both sides in columns, the view whole', () => {
    const row = named(scoreChanges, scoreChange());
    expect(row).toMatchObject({
      version: 1,
      cause: 'event',
      cause_event_id: 'event-1',
      reason_codes: ['hard_bounce'],
      email_score_before: 95,
      email_score_after: 0,
      email_band_after: 'suppressed',
      email_blocked_by_before: '',
      email_blocked_by_after: 'hard_bounce',
    });
    expect(JSON.parse(row['view'] as string)).toEqual(scoreChange().after);
    expect(JSON.parse(row['reasons'] as string)).toEqual(scoreChange().reasons);
  });

  test('a profile: no least interval is 0, no marketing at all is null', () => {
    const { view } = profile();
    const free = { ...view, email: { ...view.email, min_interval_days: 0 } };
    const of = (given: Parameters<typeof profile>[0]) =>
      named(profiles, { key: 'acme/cio:a1', profile: profile(given) });
    expect(of({})['email_min_interval_days']).toBeNull();
    expect(of({ view: free })['email_min_interval_days']).toBe(0);
    expect(of({})).toMatchObject({ customer_id: 'customer-1', email_band: 'suppressed' });
    expect(of({})['is_deleted']).toBe(0);
  });

  test('an empty profile record takes the person out, known by its key alone', () => {
    const row = named(profiles, { key: 'acme/cio:a1', profile: null });
    expect(row).toMatchObject({
      workspace: 'acme',
      profile_id: 'acme/cio:a1',
      version: 0,
      email_score: 95,
      is_deleted: 1,
    });
  });

  test('a dead letter: known by where it came from, else by itself; rubbish in headers is harmless', () => {
    const facts = (headers: Record<string, string>) => ({
      facts: readDeadLetterHeaders(headers),
      key: '',
    });
    const stored = facts({
      '__dlq.reason': 'undecodable',
      '__dlq.stage': 'score',
      '__dlq.at': String(NOON),
      '__dlq.topic': 'raw',
      '__dlq.partition': '4',
      '__dlq.offset': '77',
    });
    expect(named(deadLetters, stored)).toMatchObject({
      dead_at: NOON,
      source_topic: 'raw',
      source_partition: 4,
      source_offset: '77',
    });
    const own = { source_topic: '', source_partition: 3, source_offset: '9007199254740993' };
    expect(named(deadLetters, facts({}))).toMatchObject({ ...own, dead_at: NOON + 1_500 });
    const rubbish = facts({
      '__dlq.topic': 'raw',
      '__dlq.partition': '-1',
      '__dlq.offset': '1e9',
      '__dlq.at': '-5',
      '__dlq.original_bytes': '1e999',
    });
    expect(named(deadLetters, rubbish)).toMatchObject({
      dead_at: NOON + 1_500,
      source_partition: 0,
      source_offset: '0',
      payload_bytes: 0,
    });
  });
});
