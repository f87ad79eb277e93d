import avsc from 'avsc';
import { loadAvroSchema } from './avro.ts';
import type { RecordName } from './avro.ts';
import type { RecordTypes } from './events.gen.ts';

/*
 * Our own codec over avsc in Confluent's wire format: byte 0, schema id (4 bytes, big endian), Avro.
 * The registry client re-parses the reader schema and builds a resolver for every message it decodes
 * with one (SchemaRegistry.ts, `decode` with `readerSchema`), about a hundred times the cost of the
 * decoding itself. Here types and resolvers are built once per schema id.
 */

const MAGIC = 0;
const HEADER_BYTES = 5;

/** A value that is no record of ours. It is poison: kept as a dead letter, never retried. */
export class DecodeError extends Error {
  readonly reason: 'bad_magic' | 'truncated' | 'undecodable';

  constructor(reason: DecodeError['reason'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'DecodeError';
    this.reason = reason;
  }
}

const types = new Map<RecordName, avsc.Type>();

function ownType(name: RecordName): avsc.Type {
  const known = types.get(name);
  if (known) return known;
  const type = avsc.Type.forSchema(loadAvroSchema(name) as avsc.Schema);
  types.set(name, type);
  return type;
}

/** The slab grows to the largest record seen; records are bounded by the contract (256 KiB). */
const SLAB_BYTES_START = 16 * 1024;

/**
 * Encodes records of one type under one registered schema id.
 *
 * @returns a function from value to wire bytes; it throws TypeError when the value does not match
 *   the schema, naming the field
 */
export function createEncoder<N extends RecordName>(
  name: N,
  schemaId: number,
): (value: RecordTypes[N]) => Buffer {
  const type = ownType(name);
  let slab = Buffer.allocUnsafe(SLAB_BYTES_START);
  return (value) => {
    for (;;) {
      const end = type.encode(value, slab, HEADER_BYTES);
      if (end >= 0) {
        slab[0] = MAGIC;
        slab.writeInt32BE(schemaId, 1);
        return Buffer.from(slab.subarray(0, end));
      }
      // A negative answer is how far the value reaches beyond the slab.
      slab = Buffer.allocUnsafe(2 * (slab.length - end));
    }
  };
}

/** Schema id in a wire-format value. Throws DecodeError when there is none. */
export function schemaIdOf(value: Buffer): number {
  if (value.length > 0 && value[0] !== MAGIC) {
    throw new DecodeError('bad_magic', `first byte is ${value[0] ?? -1}, not 0`);
  }
  if (value.length < HEADER_BYTES) {
    throw new DecodeError('truncated', `${value.length} bytes, less than the 5 of the header`);
  }
  return value.readInt32BE(1);
}

export type Decoder<T> = {
  /**
   * Fetches the schemas of all ids found in these values that are not yet known. Values without an
   * id are passed over. Rejects as `fetchSchema` does: an unknown id is an outage, not poison.
   */
  readonly prepare: (values: Iterable<Buffer | null>) => Promise<void>;
  /** Decodes one value whose id was prepared. Throws DecodeError for poison. */
  readonly decode: (value: Buffer) => T;
};

type Reader = { readonly type: avsc.Type; readonly resolver: unknown };

/** avsc answers with a negative offset when the bytes end early, and throws when they are wrong. */
function decodeBody(reader: Reader, value: Buffer): { value: unknown; offset: number } {
  try {
    return reader.type.decode(value, HEADER_BYTES, reader.resolver as avsc.Resolver);
  } catch (cause) {
    throw new DecodeError('undecodable', 'bytes do not follow their schema', cause);
  }
}

/**
 * Decodes records of one type, whatever version of its schema they were written with.
 *
 * @param fetchSchema schema text of an id; it owns deadline and retry
 */
export function createDecoder<N extends RecordName>(
  name: N,
  fetchSchema: (id: number) => Promise<string>,
): Decoder<RecordTypes[N]> {
  const own = ownType(name);
  const readers = new Map<number, Reader | DecodeError>();

  const buildReader = (id: number, text: string): Reader | DecodeError => {
    try {
      const writer = avsc.Type.forSchema(JSON.parse(text) as avsc.Schema);
      return { type: own, resolver: own.createResolver(writer) };
    } catch (cause) {
      // A schema of another record type under this topic: its records are poison, the id is known.
      return new DecodeError('undecodable', `schema ${id} is no version of ${name}`, cause);
    }
  };

  return {
    prepare: async (values) => {
      const wanted = new Set<number>();
      for (const value of values) {
        if (value === null || value.length < HEADER_BYTES || value[0] !== MAGIC) continue;
        const id = value.readInt32BE(1);
        if (!readers.has(id)) wanted.add(id);
      }
      for (const id of wanted) readers.set(id, buildReader(id, await fetchSchema(id)));
    },
    decode: (value) => {
      const id = schemaIdOf(value);
      const reader = readers.get(id);
      if (reader === undefined) throw new Error(`schema ${id} was not prepared`);
      if (reader instanceof DecodeError) throw reader;
      const decoded = decodeBody(reader, value);
      if (decoded.offset < 0 || decoded.value === undefined) {
        throw new DecodeError('truncated', `${value.length} bytes end within the record`);
      }
      if (decoded.offset !== value.length) {
        throw new DecodeError('undecodable', `${value.length - decoded.offset} bytes too many`);
      }
      return decoded.value as RecordTypes[N];
    },
  };
}
