import { describe, expect, test } from 'vitest';
import { runLanded } from '../../src/commands/program.ts';

const landed = async (args: readonly string[], env: Record<string, string> = {}) => {
  let stdout = '';
  let stderr = '';
  const code = await runLanded(args, {
    env,
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
    for (const name of ['audit', 'setup', 'topics', 'register', 'migrate']) {
      expect(stdout).toContain(name);
    }
  });

  test.each([
    ['no command', []],
    ['an unknown command', ['zonk']],
    ['an unknown option', ['audit', '--zonk']],
    ['a wait that is no number', ['audit', '--wait', 'soon']],
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
