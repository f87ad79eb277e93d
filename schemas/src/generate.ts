import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RECORD_NAMES, loadAvroSchema } from './avro.ts';
import type { AvroObject, AvroSchema } from './avro.ts';

const PRIMITIVES: Record<string, string> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Buffer',
};

const HEADER = `// Generated from schemas/avro by \`npm run generate\`. Do not edit.
/* eslint-disable */

`;

function typeText(schema: AvroSchema, emitted: Map<string, string>): string {
  if (typeof schema === 'string') {
    const named = schema.split('.').at(-1) ?? schema;
    return PRIMITIVES[schema] ?? named;
  }
  if (Array.isArray(schema)) {
    const branches = schema.map((branch) => typeText(branch, emitted));
    return [...branches.filter((text) => text !== 'null'), 'null'].join(' | ');
  }
  if (schema.type === 'array') return `readonly ${typeText(schema.items ?? 'null', emitted)}[]`;
  if (schema.type === 'record') return recordText(schema, emitted);
  return typeText(schema.type, emitted);
}

function recordText(schema: AvroObject, emitted: Map<string, string>): string {
  const name = schema.name ?? 'Unnamed';
  if (!emitted.has(name)) {
    emitted.set(name, '');
    const lines = (schema.fields ?? []).map((field) => {
      const doc = field.doc === undefined ? '' : `  /** ${field.doc} */\n`;
      return `${doc}  readonly ${field.name}: ${typeText(field.type, emitted)};`;
    });
    const doc = schema.doc === undefined ? '' : `/** ${schema.doc} */\n`;
    emitted.set(name, `${doc}export type ${name} = {\n${lines.join('\n')}\n};\n`);
  }
  return name;
}

/** The text of `events.gen.ts` for the schemas as they are now. */
export function generateTypes(): string {
  const emitted = new Map<string, string>();
  for (const name of RECORD_NAMES) typeText(loadAvroSchema(name), emitted);
  const records = RECORD_NAMES.map((name) => `  readonly ${name}: ${name};`).join('\n');
  const map = `/** Record name to value type. */\nexport type RecordTypes = {\n${records}\n};\n`;
  return HEADER + [...emitted.values(), map].join('\n');
}

const target = new URL('./events.gen.ts', import.meta.url);

/** True when the committed file is what the schemas generate. */
export function typesAreFresh(): boolean {
  return readFileSync(target, 'utf8') === generateTypes();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(target, generateTypes());
}
