import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import Table from 'cli-table3';
import { Option } from 'commander';
import { CHANNELS } from '../core/event.ts';
import { shapeOf } from '../core/interpret/fields.ts';
import { RULES_VERSION, classify } from '../core/failure/classify.ts';
import type { Classified } from '../core/failure/classify.ts';
import { EXIT } from './command.ts';
import type { AddCommand } from './command.ts';

type Asked = {
  readonly id: string;
  readonly text: string;
  readonly channel: string;
  readonly metric: string;
};

type Answer =
  | { readonly asked: Asked; readonly read: Classified }
  | { readonly id: string; readonly error: string };

type Options = { readonly json: boolean; readonly channel: string; readonly metric: string };

const TEXT_NAMES = ['text', 'failure_message', 'failure_reason', 'message'];
const TABLE_ROWS_MAX = 10_000;
const TABLE_TEXT_CHARS = 60;

function parse(line: string): unknown {
  if (!/^\s*[{"]/.test(line)) return line;
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

/** A line is a text as it stands, a JSON string, or `{id?, text, channel?, metric?}`. */
function readLine(line: string, number: number, options: Options): Asked | { error: string } {
  const given = parse(line);
  const { channel, metric } = options;
  if (typeof given === 'string') return { id: String(number), text: given, channel, metric };
  const fields = given as Readonly<Record<string, unknown>>;
  const name = TEXT_NAMES.find((wanted) => wanted in fields) ?? 'text';
  const text = fields[name];
  if (typeof text !== 'string') return { error: `${name} ${shapeOf(text)}, not a string` };
  const own = (field: string, otherwise: string): string => {
    const value = fields[field];
    return typeof value === 'string' && value !== '' ? value : otherwise;
  };
  const { id } = fields;
  return {
    id: typeof id === 'string' || typeof id === 'number' ? String(id) : String(number),
    text,
    channel: own('channel', channel),
    metric: own('metric', metric),
  };
}

async function* answers(input: AsyncIterable<Buffer | string>, options: Options) {
  let number = 0;
  for await (const line of createInterface({ input: Readable.from(input) })) {
    number += 1;
    if (line.trim() === '') continue;
    const asked = readLine(line, number, options);
    const answer: Answer =
      'error' in asked
        ? { id: String(number), error: `line ${number}: ${asked.error}` }
        : { asked, read: classify(asked.channel, asked.metric, asked.text) };
    yield answer;
  }
}

function asJson(answer: Answer): string {
  if ('error' in answer) return JSON.stringify({ id: answer.id, error: answer.error });
  const { rulesVersion, ...read } = answer.read;
  return JSON.stringify({ id: answer.asked.id, ...read, rules_version: rulesVersion });
}

const newTable = (): Table.Table =>
  new Table({
    head: ['id', 'class', 'kind', 'rule', 'code', 'provider', 'sure', 'text'],
    style: { head: [], border: [] },
  });

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > TABLE_TEXT_CHARS ? `${line.slice(0, TABLE_TEXT_CHARS - 1)}…` : line;
}

function addRow(table: Table.Table, answer: Answer): void {
  if ('error' in answer) {
    table.push([answer.id, 'error', '', '', '', '', '', answer.error]);
    return;
  }
  const { asked, read } = answer;
  const sure = `${Math.round(read.confidence * 100)} %`;
  const { class: cls, kind, rule, code, provider } = read;
  table.push([asked.id, cls, kind, rule, code ?? '-', provider ?? '-', sure, shorten(asked.text)]);
}

function drawSums(sums: ReadonlyMap<string, number>): string {
  const parts = [...sums].sort(([, one], [, other]) => other - one);
  return parts.map(([name, count]) => `${name} ${count}`).join(', ');
}

/** `landed classify`: how failure texts are read, without any server. */
export const addClassify: AddCommand = (program, { print, input, end }) => {
  program
    .command('classify')
    .description('read failure texts from standard input: dead, passing, or our own doing?')
    .option('--json', 'one JSON object a line instead of a table', false)
    .addOption(
      new Option('--channel <name>', 'channel of texts that name none')
        .default('email')
        .choices(CHANNELS),
    )
    .option('--metric <name>', 'metric of texts that name none', 'bounced')
    .addHelpText(
      'after',
      `
A line is a text, or {"id"?, "text", "channel"?, "metric"?}. Rules version ${RULES_VERSION}.
Exit code: 0 all read, 1 some lines hold no text.`,
    )
    .action(async (options: Options) => {
      const table = newTable();
      const sums = new Map<string, number>();
      let errors = 0;
      for await (const answer of answers(input(), options)) {
        const isError = 'error' in answer;
        errors += Number(isError);
        const name = isError ? 'error' : answer.read.class;
        sums.set(name, (sums.get(name) ?? 0) + 1);
        if (options.json) print(asJson(answer));
        else if (table.length < TABLE_ROWS_MAX) addRow(table, answer);
      }
      if (!options.json) print(`${table.toString()}\n${drawSums(sums)}`);
      end(errors > 0 ? EXIT.bad : EXIT.good);
    });
};
