import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { topicNames } from '@landed/schemas/topics';
import { Kafka, logLevel } from 'kafkajs';
import { createPartitionReader } from '../../processor-service/src/log/partition-reader.ts';

/** Bytes as they lie somewhere, and the name of that place. */
export type Place = { readonly place: string; readonly bytes: Uint8Array };

type Environment = Readonly<Record<string, string>>;

/** Every committed record of every topic: key, value and headers as raw bytes. */
export async function* topicPlaces(env: Environment): AsyncGenerator<Place> {
  const brokers = (env['KAFKA_BROKERS'] ?? '').split(',');
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const reader = createPartitionReader({ kafka });
  try {
    await admin.connect();
    const topics = Object.values(topicNames(env['KAFKA_TOPIC_PREFIX']));
    const metadata = await admin.fetchTopicMetadata({ topics });
    for (const { name, partitions } of metadata.topics) {
      const numbers = partitions.map(({ partitionId }) => partitionId);
      const bounds = await reader.bounds(name, numbers);
      for (const [partition, { earliest }] of bounds) {
        for await (const page of reader.read({ topic: name, partition, from: earliest })) {
          for (const { key, value, headers, offset } of page.records) {
            const place = `topic ${name}/${partition}/${offset}`;
            const parts = [key, value, ...Object.entries(headers).flat()];
            yield { place, bytes: Buffer.concat(parts.map((part) => Buffer.from(part ?? ''))) };
          }
        }
      }
    }
  } finally {
    await reader.close();
    await admin.disconnect();
  }
}

/** Every row of every table and view of the database, as JSON. */
export async function* tablePlaces(env: Environment): AsyncGenerator<Place> {
  const database = env['CLICKHOUSE_DATABASE'] ?? '';
  const client = createClient({ url: env['CLICKHOUSE_URL'] ?? '', database });
  try {
    const answer = await client.query({
      query: 'SELECT name FROM system.tables WHERE database = {database: String}',
      query_params: { database },
      format: 'JSONEachRow',
    });
    for (const { name } of await answer.json<{ name: string }>()) {
      const rows = await client.query({
        query: `SELECT * FROM \`${name}\``,
        format: 'JSONEachRow',
      });
      yield { place: `table ${name}`, bytes: Buffer.from(await rows.text()) };
    }
  } finally {
    await client.close();
  }
}

/** Every file below a folder: logs, local stores, caches, whatever lies there. */
export async function* filePlaces(folder: string): AsyncGenerator<Place> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    // A running server may remove a file between the listing and the reading.
    const bytes = await readFile(file).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    });
    if (bytes !== null) yield { place: `file ${file}`, bytes };
  }
}

/** What a service tells of itself. */
export async function* metricPlaces(opsUrls: readonly string[]): AsyncGenerator<Place> {
  for (const url of opsUrls) {
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5000) });
    yield { place: `metrics ${url}`, bytes: Buffer.from(await answer.text()) };
  }
}
