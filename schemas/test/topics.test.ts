import { describe, expect, test } from 'vitest';
import { createAddressHasher } from '@landed/schemas/address-hash';
import { RECORD_NAMES } from '@landed/schemas/avro';
import { deadLetterHeaders, readDeadLetterHeaders } from '@landed/schemas/dead-letter';
import type { DeadLetterFacts } from '@landed/schemas/dead-letter';
import { subjectOf } from '@landed/schemas/registry';
import { coPartitionedTopics, topicNames, topicSpecs } from '@landed/schemas/topics';

const specs = topicSpecs({ prefix: 'test.', partitions: 12, replication: 3 });

describe('the topic table', () => {
  test('names stand behind the prefix', () => {
    expect(topicNames('test.').raw).toBe('test.customerio.webhooks.raw.v1');
    expect(specs.every((spec) => spec.name.startsWith('test.'))).toBe(true);
  });

  test('every record type has one topic, and its subject', () => {
    for (const name of RECORD_NAMES) {
      expect(specs.filter((spec) => spec.record === name).map((spec) => spec.name)).toHaveLength(1);
      expect(subjectOf(name, 'test.')).toMatch(/^test\..*\.v1-value$/);
    }
  });

  test('all but the dead letters share the partition count', () => {
    expect(coPartitionedTopics(specs)).toHaveLength(specs.length - 1);
    expect(coPartitionedTopics(specs).every((spec) => spec.partitions === 12)).toBe(true);
  });

  test('raw records carry the time of their append', () => {
    const raw = specs.find((spec) => spec.key === 'raw');
    expect(raw?.config['message.timestamp.type']).toBe('LogAppendTime');
  });
});

describe('dead letter headers', () => {
  const request: DeadLetterFacts = {
    reason: 'not_json',
    detail: 'body is not JSON: text of 12 bytes',
    stage: 'score',
    workspace: 'shop',
    eventId: '',
    at: 1_763_001_222_000,
    originalBytes: 12,
    originalSha256: 'ab',
    isTruncated: false,
    isSealed: true,
  };
  const origin = { topic: 'raw', partition: 3, offset: '9007199254740993' };
  const facts: DeadLetterFacts = { ...request, origin };

  test('read back as written', () => {
    expect(readDeadLetterHeaders(deadLetterHeaders(facts))).toEqual(facts);
    expect(readDeadLetterHeaders(deadLetterHeaders(request))).toEqual(request);
  });

  test('anything reads as something', () => {
    expect(readDeadLetterHeaders({}).reason).toBe('undecodable');
    expect(readDeadLetterHeaders({ '__dlq.at': Buffer.from('x') }).at).toBe(0);
  });
});

describe('address hash', () => {
  const hasher = createAddressHasher(Buffer.from('a key of at least thirty-two characters'));
  test('case and white space do not matter, the key does', () => {
    expect(hasher.hash(' Mira@Nordlicht.example ')).toBe(hasher.hash('mira@nordlicht.example'));
    expect(hasher.hash('mira@nordlicht.example')).toMatch(/^[0-9a-f]{32}$/);
    const other = createAddressHasher(Buffer.from('another key of at least 32 characters'));
    expect(other.hash('mira@nordlicht.example')).not.toBe(hasher.hash('mira@nordlicht.example'));
    expect(other.fingerprint).not.toBe(hasher.fingerprint);
  });
});
