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

/**
 * Codecs under registered schema ids. Schemas of our own ids are known without the registry, so it
 * may be away as long as nobody writes with another version.
 */
export function createTaskCodec(
  ids: SchemaIds,
  registry: Pick<Registry, 'fetchSchema'>,
  hashKey: string,
): TaskCodec {
  const own = new Map(Object.entries(ids).map(([name, id]) => [id, name as keyof SchemaIds]));
  const fetchSchema = async (id: number): Promise<string> => {
    const name = own.get(id);
    return name === undefined ? registry.fetchSchema(id) : avroSchemaText(name);
  };
  return {
    readProfile: createDecoder('Profile', fetchSchema),
    readDelivery: createDecoder('Delivery', fetchSchema),
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
