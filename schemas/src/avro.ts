import { readFileSync } from 'node:fs';

/** Every record type of the contract, one `.avsc` each. `View` is only ever part of others. */
export const RECORD_NAMES = [
  'RawWebhook',
  'MessageOutcome',
  'ScoreChange',
  'Profile',
  'Delivery',
  'Erasure',
  'WriteBack',
] as const;

export type RecordName = (typeof RECORD_NAMES)[number];

/** Parsed Avro schema, as JSON. */
export type AvroSchema = string | AvroSchema[] | AvroObject;
export type AvroObject = {
  readonly type: AvroSchema;
  readonly name?: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly logicalType?: string;
  readonly items?: AvroSchema;
  readonly values?: AvroSchema;
  readonly fields?: readonly AvroField[];
};
export type AvroField = {
  readonly name: string;
  readonly type: AvroSchema;
  readonly doc?: string;
  readonly default?: unknown;
};

const NAMESPACE = 'io.landed.v1';

function readAvsc(name: string): AvroObject {
  const url = new URL(`../avro/${name}.avsc`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as AvroObject;
}

/** Replaces the first mention of `View` by its definition: a registered schema stands alone. */
function inlineView(schema: AvroSchema, seen: { view: boolean }): AvroSchema {
  if (typeof schema === 'string') {
    if (schema !== `${NAMESPACE}.View` || seen.view) return schema;
    seen.view = true;
    return readAvsc('View');
  }
  if (Array.isArray(schema)) return schema.map((branch) => inlineView(branch, seen));
  if (schema.fields) {
    const fields = schema.fields.map((field) => ({ ...field, type: inlineView(field.type, seen) }));
    return { ...schema, fields };
  }
  if (schema.items) return { ...schema, items: inlineView(schema.items, seen) };
  return schema;
}

/**
 * The complete schema of a record, self-contained.
 *
 * @returns parsed JSON; throws when the file is missing or not JSON
 */
export function loadAvroSchema(name: RecordName): AvroObject {
  return inlineView(readAvsc(name), { view: false }) as AvroObject;
}

/** The schema as the text that is registered: the same text for the same schema. */
export function avroSchemaText(name: RecordName): string {
  return JSON.stringify(loadAvroSchema(name));
}
