import { createAddressHasher } from '@landed/schemas/address-hash';
import type { Delivery, Profile } from '@landed/schemas/events.gen';
import { OperationError } from '@landed/schemas/fate';
import { partitionOf } from '@landed/schemas/key';
import { createRegistry } from '@landed/schemas/registry';
import type { Environment } from '@landed/schemas/settings';
import { pino } from 'pino';
import { loadConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { createKafka } from '../log/kafka-client.ts';
import { createPartitionReader } from '../log/partition-reader.ts';
import type { LogRecord, PartitionReader } from '../log/partition-reader.ts';
import { readKnownPerson } from '../task/known-person.ts';
import type { KnownPerson } from '../task/known-person.ts';
import { openTaskCodec } from '../task/state-codec.ts';
import type { TaskCodec } from '../task/state-codec.ts';

/** A person as their state topics tell: what they are, and what was published of them. */
export type FoundPerson = {
  readonly profileId: string;
  readonly profile: Profile;
  readonly known: KnownPerson;
};

/** More people under one name are a question that should be asked more exactly. */
const FOUND_MAX = 20;

type Opened = {
  readonly config: Config;
  readonly reader: PartitionReader;
  readonly codec: TaskCodec;
  readonly hashAddress: (address: string) => string;
};

const isFullKey = (ref: string): boolean => /^[^/]*\/(?:cio|id|email|delivery|event):/.test(ref);

/** The names a reference may have in a profile: key, part of the key, customer id, hash of an address. */
function matcherOf(ref: string, hashAddress: (address: string) => string) {
  const name = ref.includes('@') ? hashAddress(ref) : ref;
  return (key: string, profile: () => Profile): boolean => {
    if (key === name) return true;
    if (isFullKey(name)) return false;
    if (key.endsWith(`/${name}`) || key.endsWith(`:${name}`)) return true;
    const { customer_id: customerId, cio_id: cioId, email_hash: emailHash } = profile().identifiers;
    return [customerId, cioId, emailHash].includes(name);
  };
}

async function* lastOf(
  { reader }: Opened,
  topic: string,
  partition: number,
): AsyncGenerator<readonly LogRecord[]> {
  const bounds = (await reader.bounds(topic, [partition])).get(partition);
  if (bounds === undefined || bounds.earliest >= bounds.lastStableOffset) return;
  const { earliest: from, lastStableOffset: to } = bounds;
  for await (const { records } of reader.read({ topic, partition, from, to })) yield records;
}

async function findProfiles(opened: Opened, ref: string): Promise<Map<string, Profile>> {
  const { config, codec, hashAddress } = opened;
  const matches = matcherOf(ref, hashAddress);
  const only = isFullKey(ref) ? partitionOf(ref, config.partitions) : null;
  const found = new Map<string, Profile>();
  for (let partition = 0; partition < config.partitions; partition += 1) {
    if (only !== null && only !== partition) continue;
    for await (const records of lastOf(opened, config.topics.profiles, partition)) {
      const values = records.map(({ value }) => value).filter((value) => value !== null);
      await codec.readProfile.prepare(values);
      for (const { key, value } of records) {
        const name = key?.toString() ?? '';
        if (value === null) {
          found.delete(name);
          continue;
        }
        // Decoding is dear and mostly for nothing: only where the key does not decide.
        let profile: Profile | null = null;
        const decoded = (): Profile => (profile ??= codec.readProfile.decode(value));
        if (matches(name, decoded)) found.set(name, decoded());
      }
    }
  }
  return found;
}

async function readDeliveries(opened: Opened, profileId: string): Promise<Delivery[]> {
  const { config, codec } = opened;
  const partition = partitionOf(profileId, config.partitions);
  const found = new Map<string, Delivery>();
  for await (const records of lastOf(opened, config.topics.deliveries, partition)) {
    for (const { key, value } of records) {
      const name = key?.toString() ?? '';
      if (!name.startsWith(`${profileId}#`)) continue;
      if (value === null) {
        found.delete(name);
        continue;
      }
      await codec.readDelivery.prepare([value]);
      found.set(name, codec.readDelivery.decode(value));
    }
  }
  return [...found.values()];
}

/**
 * Looks people up in the state topics. A full profile key reads one partition, any other reference
 * all of them.
 *
 * @param ref profile key, `cio:…`, `id:…`, a customer id, a Customer.io id or an address
 * @throws SettingsError; OperationError, not retriable, when nobody or too many are found
 */
export async function findPeople(env: Environment, ref: string): Promise<FoundPerson[]> {
  const config = loadConfig(env);
  const kafka = createKafka(config.kafka, pino({ level: 'silent' }));
  const reader = createPartitionReader({ kafka });
  const registry = createRegistry(config.registry);
  const hasher = createAddressHasher(config.hashKey);
  try {
    const codec = await openTaskCodec(await registry.schemaIds(), registry, hasher.fingerprint);
    const opened = { config, reader, codec, hashAddress: hasher.hash };
    const profiles = await findProfiles(opened, ref);
    if (profiles.size === 0 || profiles.size > FOUND_MAX) {
      const many = profiles.size === 0 ? 'nobody is' : `${profiles.size} people are`;
      throw new OperationError(`${many} known under this name`, { retriable: false });
    }
    const people: FoundPerson[] = [];
    for (const [profileId, profile] of profiles) {
      const known = readKnownPerson(profile, await readDeliveries(opened, profileId));
      people.push({ profileId, profile, known });
    }
    return people;
  } finally {
    await reader.close();
  }
}
