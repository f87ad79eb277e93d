import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { runLanded } from '../../src/commands/program.ts';
import { RULES_VERSION } from '../../src/core/interpret.ts';

const landed = async (args: readonly string[], env: Record<string, string> = {}, text = '') => {
  let stdout = '';
  let stderr = '';
  const code = await runLanded(args, {
    env,
    input: () => Readable.from([Buffer.from(text)]),
    print: (text) => {
      stdout += text;
    },
    printError: (text) => {
      stderr += text;
    },
  });
  return { code, stdout, stderr };
};

const audit = { LANDED_HASH_KEY: 'h'.repeat(32), LANDED_STORAGE: 'plain' };
const nobody = { KAFKA_BROKERS: '127.0.0.1:1', CLICKHOUSE_URL: 'http://127.0.0.1:1' };

describe('landed', () => {
  test('lists its commands', async () => {
    const { code, stdout } = await landed(['--help']);
    expect(code).toBe(0);
    for (const name of ['score', 'classify', 'audit', 'setup', 'topics', 'register', 'migrate']) {
      expect(stdout).toContain(name);
    }
  });

  test.each([
    ['no command', []],
    ['an unknown command', ['zonk']],
    ['an unknown option', ['audit', '--zonk']],
    ['a wait that is no number', ['audit', '--wait', 'soon']],
    ['a command about nobody', ['command', 'reinstate', '--workspace', 'acme']],
    ['a command without a workspace', ['command', 'reinstate', '--id', '1']],
    ['consent that is neither', ['command', 'consent', 'maybe', '--workspace', 'a', '--id', '1']],
    ['an activity nobody knows', ['command', 'activity', 'nap', '--workspace', 'a', '--id', '1']],
    ['an instant that is none', ['explain', 'acme/id:1', '--at', 'noon']],
  ])('%s is a wrong use: exit 2', async (_name, args) => {
    expect((await landed(args)).code).toBe(2);
  });

  test('settings that are not usable are told all at once: exit 2', async () => {
    const { code, stderr } = await landed(['audit'], { KAFKA_BROKERS: 'nowhere' });
    expect(code).toBe(2);
    expect(stderr).toContain('KAFKA_BROKERS');
    expect(stderr).toContain('LANDED_HASH_KEY');
  });

  test.each([
    ['audit', { ...audit, ...nobody }],
    ['migrate', nobody],
  ])('%s: a server that is away is one line and exit 1', async (name, env) => {
    const { code, stderr } = await landed([name], env);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('landed score', () => {
  const file = new URL('../core/score-examples.json', import.meta.url);

  test('answers cases with every field, in their order', async () => {
    const given = readFileSync(file, 'utf8');
    const cases = JSON.parse(given) as {
      expect: unknown;
      profile: unknown;
      next_change: unknown;
    }[];
    const { code, stdout } = await landed(['score', '--json'], {}, given);
    const results = JSON.parse(stdout) as typeof cases;
    expect(code).toBe(0);
    expect(results.map((one) => one.expect)).toEqual(cases.map((one) => one.expect));
    expect(results.map((one) => one.next_change)).toEqual(cases.map((one) => one.next_change));
  });

  test('one case a line, as a table', async () => {
    const one = '{"name":"new","channel":"sms","now":"2026-03-01T00:00:00Z","events":[]}';
    const { code, stdout } = await landed(['score'], {}, `${one}\n${one}\n`);
    expect(code).toBe(0);
    expect(stdout.match(/new/g)).toHaveLength(2);
    expect(stdout).toContain('healthy');
  });

  test('what is no case is named by its field: exit 2', async () => {
    const { code, stderr } = await landed(['score'], {}, '[{"channel":"fax","now":"now"}]');
    expect(code).toBe(2);
    expect(stderr).toContain('case 0.channel: must be one of email, sms, whatsapp, push');
    expect(stderr).toContain('case 0.now: must be an instant');
    expect((await landed(['score'], {}, 'zonk')).stderr).toContain('the input is not JSON');
  });
});

describe('landed classify', () => {
  const texts = [
    '550 5.1.1 no such user here',
    '{"id":"q","text":"452 4.2.2 mailbox full"}',
    '{"id":7,"channel":"sms","metric":"failed","text":"error 21610"}',
    '"421 try again later"',
  ].join('\n');

  test('one JSON object a line', async () => {
    const { code, stdout } = await landed(['classify', '--json'], {}, `${texts}\n\n`);
    const read = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(code).toBe(0);
    expect(read.map(({ id, class: cls, kind }) => [id, cls, kind])).toEqual([
      ['1', 'hard', 'no_mailbox'],
      ['q', 'soft', 'quota'],
      ['7', 'consent', 'opted_out'],
      ['4', 'soft', 'transient'],
    ]);
    expect(read[0]).toMatchObject({ code: '5.1.1', rules_version: RULES_VERSION });
    expect(read[0]).toHaveProperty('rule');
  });

  test('a table with the sums, and lines without a text are told: exit 1', async () => {
    const { code, stdout } = await landed(['classify'], {}, `${texts}\n{"text":5}\n`);
    expect(code).toBe(1);
    expect(stdout).toContain('line 5: text is a number, not a string');
    expect(stdout).toContain('soft 2, hard 1, consent 1, error 1');
  });
});
