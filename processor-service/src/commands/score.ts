import Table from 'cli-table3';
import { z } from 'zod';
import { OperationError } from '@landed/schemas/fate';
import { runCase } from './score-case.ts';
import type { CaseResult, ScoreCase } from './score-case.ts';
import { CHANNELS } from '../core/event.ts';
import type { AddCommand } from './command.ts';
import { readAll } from './read-input.ts';

const instant = z
  .string()
  .refine((text) => /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text)), {
    message: 'must be an instant like 2026-03-01T13:00:00Z',
  });

const caseShape = z.object({
  name: z.string().default(''),
  channel: z.enum(CHANNELS, { error: `must be one of ${CHANNELS.join(', ')}` }),
  now: instant,
  events: z.array(
    z.object({
      at: instant,
      metric: z.string(),
      delivery_id: z.string().optional(),
      to: z.string().optional(),
      cls: z.string().optional(),
      kind: z.string().optional(),
      machine: z.boolean().optional(),
      channel: z.string().optional(),
    }),
  ),
});

const PROBLEMS_TOLD = 20;

/** Reads cases: an array, one case, or one case a line. */
function parseCases(text: string): readonly ScoreCase[] {
  const fail = (message: string): never => {
    throw new OperationError(message, { retriable: false });
  };
  const parse = (part: string, where: string): unknown => {
    try {
      return JSON.parse(part);
    } catch {
      return fail(`${where} is not JSON`);
    }
  };
  const isLines = /^\s*\{.*\}\s*\n\s*\{/.test(text);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const given = isLines
    ? lines.map((line, at) => parse(line, `line ${at + 1}`))
    : parse(text, 'the input');
  const read = z.array(caseShape).safeParse(Array.isArray(given) ? given : [given]);
  if (read.success) return read.data as readonly ScoreCase[];
  const problems = read.error.issues.map(
    ({ path, message }) => `case ${path.map(String).join('.')}: ${message}`,
  );
  const more = problems.length - PROBLEMS_TOLD;
  const told = problems.slice(0, PROBLEMS_TOLD).join('\n  ');
  return fail(`these are no cases:\n  ${told}${more > 0 ? `\n  and ${more} more` : ''}`);
}

const cell = (value: unknown): string =>
  value === null || value === undefined
    ? '-'
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);

function nextText(next: CaseResult['next_change']): string {
  if (next === null) return '-';
  const changed = Object.entries(next.changed).map(([name, value]) => `${name} ${cell(value)}`);
  return `${next.at.slice(0, 16).replace('T', ' ')}\n${changed.join('\n')}`;
}

function draw(cases: readonly ScoreCase[], results: readonly CaseResult[]): string {
  const head = ['case', 'channel', 'score', 'band', 'blocked by', 'until', 'consent', 'prefer'];
  const table = new Table({ head: [...head, 'next change'], style: { head: [], border: [] } });
  for (const [at, { name, channel }] of cases.entries()) {
    const result = results[at];
    if (result === undefined) continue;
    const { expect, profile, next_change: next } = result;
    const fields = [expect['score'], expect['band'], expect['blocked_by']];
    const more = [expect['suppressed_until'], expect['consent'], profile['preferred_channel']];
    table.push([name, channel, ...fields.map(cell), ...more.map(cell), nextText(next)]);
  }
  return table.toString();
}

/** `landed score`: what a history comes to, without any server. */
export const addScore: AddCommand = (program, { print, input }) => {
  program
    .command('score')
    .description('score histories from standard input: what would this person be worth?')
    .option('--json', 'every field of each result, as a JSON array', false)
    .addHelpText(
      'after',
      `
A case is {"name","channel","now","events":[{"at","metric","delivery_id","to"?,"cls"?,"kind"?,"machine"?,"channel"?}]}.
Input: an array of cases, or one a line. Exit code: 0 done, 2 the input is no list of cases.`,
    )
    .action(async ({ json }: { readonly json: boolean }) => {
      const cases = parseCases(await readAll(input()));
      const results = cases.map(runCase);
      print(json ? JSON.stringify(results, null, 2) : draw(cases, results));
    });
};
