import { setTimeout as sleep } from 'node:timers/promises';
import { createAddressHasher } from '@landed/schemas/address-hash';
import { createEncoder } from '@landed/schemas/codec';
import { kafkaOptions } from '@landed/schemas/kafka';
import { partitionOf } from '@landed/schemas/key';
import { createRegistry } from '@landed/schemas/registry';
import { createSealer } from '@landed/schemas/seal';
import { topicNames } from '@landed/schemas/topics';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import type { RecordMetadata } from 'kafkajs';
import { loadConfig } from '../../processor-service/src/config.ts';
import { tickRecord } from '../../processor-service/src/task/ticks.ts';
import { createRawMaker } from '../faults/raw-maker.ts';
import { waitUntil } from '../local/stack/wait-until.ts';

const DAY_MS = 86_400_000;

/** One thing that happens to the person of the storyline. */
export type Happening = {
  /** Days and hours since the story began, at 00:00 UTC. */
  readonly day: number;
  readonly hour: number;
  readonly id: string;
  /** Of a webhook; a command has none. */
  readonly metric?: string;
  readonly channel?: string;
  readonly mail?: string;
  readonly failure?: string;
  readonly command?: Readonly<Record<string, string>>;
};

export type Story = {
  readonly workspace: string;
  readonly cioId: string;
  /** A midnight UTC, ms. */
  readonly startAt: number;
  readonly happenings: readonly Happening[];
};

const EMAIL = 'ann@shop.example';

function bodyOf(story: Story, happening: Happening): { kind: string; body: object } {
  const at = instantOf(story, happening);
  const { cioId } = story;
  const { id, metric, channel = 'email', mail, failure, command } = happening;
  const identifiers = { id: `user-${cioId}`, email: EMAIL, cio_id: cioId };
  if (command !== undefined) {
    return { kind: 'command', body: { ...command, occurred_at: at, identifiers } };
  }
  const recipient = channel === 'email' ? EMAIL : '+15005550006';
  const data = {
    identifiers,
    recipient,
    ...(mail === undefined ? {} : { delivery_id: mail }),
    ...(failure === undefined ? {} : { failure_message: failure }),
    ...(metric === 'clicked' ? { href: 'https://shop.example/offer', link_id: 1 } : {}),
  };
  const timestamp = Math.floor(at / 1000);
  return {
    kind: 'webhook',
    body: { event_id: id, object_type: channel, metric, timestamp, data },
  };
}

export function instantOf({ startAt }: Story, { day, hour }: Pick<Happening, 'day' | 'hour'>) {
  return startAt + day * DAY_MS + Math.round(hour * 3_600_000);
}

/** Whether records kept their own time: a broker that sets its own says which it was. */
function isOwnTime(written: readonly RecordMetadata[]): boolean {
  return written.length > 0 && written.every(({ logAppendTime }) => logAppendTime === '-1');
}

/** The partitions of a topic learn of a setting together, all but at once. */
const SETTLED_MS = 300;

/**
 * Writes a story into the raw topic, each record dated by its own event and not by the broker, and
 * keeps the broker from cleaning up what looks old: so that half a year passes in seconds.
 */
export async function writeStory(
  env: Readonly<Record<string, string>>,
  story: Story,
): Promise<void> {
  const config = loadConfig(env);
  const { hash } = createAddressHasher(config.hashKey);
  const sealer = createSealer(config.sealKeys);
  const ids = await createRegistry(config.registry).schemaIds();
  const encode = createEncoder('RawWebhook', ids.RawWebhook);
  const brokers = { KAFKA_BROKERS: (env['KAFKA_BROKERS'] ?? '').split(','), KAFKA_TLS: false };
  const kafka = new Kafka({
    ...kafkaOptions(brokers, 'landed-story'),
    logLevel: logLevel.NOTHING,
  });
  const topic = topicNames(env['KAFKA_TOPIC_PREFIX']).raw;
  const admin = kafka.admin();
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await Promise.all([admin.connect(), producer.connect()]);
  try {
    const configEntries = [
      { name: 'message.timestamp.type', value: 'CreateTime' },
      { name: 'retention.ms', value: '-1' },
    ];
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }];
    await admin.alterConfigs({ validateOnly: false, resources });
    const messages = story.happenings.map((happening) => {
      const at = instantOf(story, happening);
      const make = createRawMaker({
        workspace: story.workspace,
        hashAddress: hash,
        seal: sealer.seal,
        encode,
        now: () => at,
      });
      const { kind, body } = bodyOf(story, happening);
      const made = make(kind, story.cioId, happening.id, body);
      const partition = partitionOf(made.key, config.partitions);
      return { ...made, timestamp: String(at), partition };
    });
    // A broker learns of settings a little later; another partition tells when it has.
    const probe = { value: encode(tickRecord(story.startAt)), timestamp: String(story.startAt) };
    const elsewhere = ((messages[0]?.partition ?? 0) + 1) % config.partitions;
    const isDated = async (): Promise<boolean> =>
      isOwnTime(await producer.send({ topic, messages: [{ ...probe, partition: elsewhere }] }));
    await waitUntil({ what: 'the time of records', isDone: isDated, deadlineMs: 15_000 });
    await sleep(SETTLED_MS);
    const written = await producer.send({ topic, messages, acks: -1 });
    if (!isOwnTime(written)) throw new Error('the broker dated the story itself');
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
}
