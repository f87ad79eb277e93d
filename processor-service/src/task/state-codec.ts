import { avroSchemaText } from '@landed/schemas/avro';
import { createDecoder, createEncoder } from '@landed/schemas/codec';
import type { Decoder } from '@landed/schemas/codec';
import type { Delivery, Profile, RawWebhook } from '@landed/schemas/events.gen';
import type { Registry, SchemaIds } from '@landed/schemas/registry';
import type { OutputCodec } from './turn.ts';

/** All codecs of a task. */
export type TaskCodec = OutputCodec & {
  readonly readProfile: Decoder<Profile>;
  readonly readDelivery: Decoder<Delivery>;
  readonly readRaw: Decoder<RawWebhook>;
  readonly writeRaw: (value: RawWebhook) => Buffer;
  /** Schema ids of what is written into the state topics. */
  readonly stateSchemaIds: readonly number[];
};

const headerOf = (schemaId: number): Buffer => {
  const header = Buffer.alloc(5);
  header.writeInt32BE(schemaId, 1);
  return header;
};

/**
 * Codecs under registered schema ids, ready to read back what they write. Schemas of our own ids are known without the registry, so it
 * may be away as long as nobody writes with another version.
 */
export async function openTaskCodec(
  ids: SchemaIds,
  registry: Pick<Registry, 'fetchSchema'>,
  hashKey: string,
): Promise<TaskCodec> {
  const own = new Map(Object.entries(ids).map(([name, id]) => [id, name as keyof SchemaIds]));
  const fetchSchema = async (id: number): Promise<string> => {
    const name = own.get(id);
    return name === undefined ? registry.fetchSchema(id) : avroSchemaText(name);
  };
  const readProfile = createDecoder('Profile', fetchSchema);
  const readDelivery = createDecoder('Delivery', fetchSchema);
  await readProfile.prepare([headerOf(ids.Profile)]);
  await readDelivery.prepare([headerOf(ids.Delivery)]);
  return {
    readProfile,
    readDelivery,
    readRaw: createDecoder('RawWebhook', fetchSchema),
    writeRaw: createEncoder('RawWebhook', ids.RawWebhook),
    writeProfile: createEncoder('Profile', ids.Profile),
    writeDelivery: createEncoder('Delivery', ids.Delivery),
    writeOutcome: createEncoder('MessageOutcome', ids.MessageOutcome),
    writeScoreChange: createEncoder('ScoreChange', ids.ScoreChange),
    stateSchemaIds: [ids.Profile, ids.Delivery],
    hashKey,
  };
}
