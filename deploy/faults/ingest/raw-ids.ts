import { randomBytes } from 'node:crypto';
import { avroSchemaText } from '@landed/schemas/avro';
import { createDecoder } from '@landed/schemas/codec';
import type { Kafka } from 'kafkajs';

const READ_DEADLINE_MS = 60_000;

/**
 * Reads a raw topic from its first record to what is its end now, committed records only.
 *
 * @returns the event ids, each once
 * @throws when the end is not reached within a minute
 */
export async function readEventIds(kafka: Kafka, topic: string): Promise<Set<string>> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const missing = new Map(
    ends
      .filter(({ low, high }) => BigInt(high) > BigInt(low))
      .map(({ partition, high }) => [partition, BigInt(high)]),
  );
  const ids = new Set<string>();
  if (missing.size === 0) return ids;
  const decoder = createDecoder('RawWebhook', () => Promise.resolve(avroSchemaText('RawWebhook')));
  const consumer = kafka.consumer({
    groupId: `${topic}.${randomBytes(4).toString('hex')}`,
    readUncommitted: false,
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const late = (): void => reject(new Error(`${topic} was not read to its end in time`));
      timer = setTimeout(late, READ_DEADLINE_MS);
      consumer
        .run({
          eachBatch: async ({ batch }) => {
            await decoder.prepare(batch.messages.map(({ value }) => value));
            for (const { value } of batch.messages)
              if (value) ids.add(decoder.decode(value).event_id);
            const next = BigInt(batch.lastOffset()) + 1n;
            if (next >= (missing.get(batch.partition) ?? 0n)) missing.delete(batch.partition);
            if (missing.size === 0) resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
  return ids;
}
