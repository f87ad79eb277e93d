import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import type { Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { avroSchemaText, loadAvroSchema } from '@landed/schemas/avro';
import { kafkaOptions } from '@landed/schemas/kafka';
import { createRegistry, subjectOf } from '@landed/schemas/registry';
import { kafkaShape, readSettings } from '@landed/schemas/settings';
import { applyTopics, assertCoPartitioned, topicDrift } from '@landed/schemas/topic-admin';
import { topicSpecs } from '@landed/schemas/topics';

const stack = inject('stack');
const prefix = `contract-${Math.random().toString(36).slice(2, 8)}.`;

describe('topics on a broker', () => {
  const settings = readSettings({ KAFKA_BROKERS: stack.kafkaBrokers }, kafkaShape);
  const kafka = new Kafka({
    ...kafkaOptions(settings, 'contract-test'),
    logLevel: logLevel.NOTHING,
  });
  const specs = topicSpecs({ prefix, partitions: 3, replication: 1 });
  let admin: Admin;

  beforeAll(async () => {
    admin = kafka.admin();
    await admin.connect();
  });
  afterAll(async () => {
    await admin.deleteTopics({ topics: specs.map((spec) => spec.name) });
    await admin.disconnect();
  });

  test('missing topics are drift, applying the table leaves none', async () => {
    const before = await topicDrift(admin, specs);
    expect(before.map((drift) => drift.what)).toEqual(specs.map(() => 'missing'));
    await expect(assertCoPartitioned(admin, specs)).rejects.toMatchObject({ retriable: true });
    expect(await applyTopics(admin, specs)).toEqual([]);
    expect(await applyTopics(admin, specs)).toEqual([]);
    await assertCoPartitioned(admin, specs);
  });

  test('a changed setting is reported and mended', async () => {
    const longer = topicSpecs({ prefix, partitions: 3, replication: 1, rawRetentionDays: 7 });
    const drift = await topicDrift(admin, longer);
    expect(drift).toMatchObject([{ what: 'retention.ms', found: String(30 * 86_400_000) }]);
    expect(await applyTopics(admin, longer)).toEqual([]);
    expect(await topicDrift(admin, longer)).toEqual([]);
  });

  test('another partition count is refused, never changed', async () => {
    const other = topicSpecs({ prefix, partitions: 4, replication: 1 });
    expect((await applyTopics(admin, other)).every((drift) => drift.what !== 'missing')).toBe(true);
    await expect(assertCoPartitioned(admin, other)).rejects.toMatchObject({ retriable: false });
    await assertCoPartitioned(admin, specs);
  });
});

describe('schemas in a registry', () => {
  const cacheFile = join(mkdtempSync(join(tmpdir(), 'landed-registry-')), 'schema-ids.json');
  const options = { url: stack.registryUrl, prefix, cacheFile };

  test('schemas that nobody registered are an outage', async () => {
    await expect(createRegistry(options).schemaIds()).rejects.toMatchObject({ retriable: true });
  });

  test('register, resolve, fetch; again is the same', async () => {
    const ids = await createRegistry(options).register();
    expect(await createRegistry(options).register()).toEqual(ids);
    expect(await createRegistry({ url: stack.registryUrl, prefix }).schemaIds()).toEqual(ids);
    const text = await createRegistry(options).fetchSchema(ids.ScoreChange);
    expect((JSON.parse(text) as { name: string }).name).toBe('io.landed.v1.ScoreChange');
  });

  test('ids are known while the registry is away', async () => {
    const away = createRegistry({ ...options, url: stack.registryUrl });
    const ids = await away.schemaIds();
    expect(Object.keys(ids)).toHaveLength(7);
    const gone = createRegistry({ url: 'http://127.0.0.1:9', prefix, timeoutMs: 500 });
    await expect(gone.schemaIds()).rejects.toMatchObject({ retriable: true });
    await expect(gone.fetchSchema(1)).rejects.toMatchObject({ retriable: true });
  });

  test('an unknown id is an outage', async () => {
    await expect(createRegistry(options).fetchSchema(987_654)).rejects.toMatchObject({
      retriable: true,
    });
  });

  const postVersion = async (schema: object): Promise<number> => {
    const probe = await fetch(`${stack.registryUrl}/subjects`).then((answer) => answer.status);
    const base = probe === 200 ? stack.registryUrl : `${stack.registryUrl}/apis/ccompat/v7`;
    const answer = await fetch(`${base}/subjects/${subjectOf('Erasure', prefix)}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema: JSON.stringify(schema) }),
      signal: AbortSignal.timeout(5_000),
    });
    return answer.status;
  };

  test('FULL_TRANSITIVE: a field without a default is refused, one with a default is taken', async () => {
    const erasure = loadAvroSchema('Erasure');
    const withField = (field: object) => ({
      ...erasure,
      fields: [...(erasure.fields ?? []), field],
    });
    const field = { name: 'added_later', type: 'string', doc: 'New.' };
    expect(await postVersion(withField(field))).toBe(409);
    expect(await postVersion(withField({ ...field, default: '' }))).toBe(200);
    expect(await postVersion(JSON.parse(avroSchemaText('Erasure')) as object)).toBe(200);
  });
});
