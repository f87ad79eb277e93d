import { SettingsError } from '@landed/schemas/settings';
import { Command } from 'commander';
import { runTraffic } from './run-traffic.ts';
import type { TrafficLine } from './run-traffic.ts';
import { readTrafficSettings } from './settings.ts';
import type { TrafficSettings } from './settings.ts';

const program = new Command('traffic')
  .description(
    'Sends seeded, signed webhooks at a set rate and keeps a ledger of what was acknowledged.',
  )
  .option('--url <url>', 'origin or whole URL of the webhook endpoint')
  .option('--workspace <name>', 'workspace the calls belong to')
  .option('--key-file <path>', 'file with the signing key')
  .option('--rate <number>', 'calls a second')
  .option('--events <number>', 'calls to make, 0: without end')
  .option('--seed <text>', 'seed of the run')
  .option('--ledger <folder>', 'folder of the ledger')
  .option('--order <order>', 'independent, or behind a failed call')
  .addHelpText(
    'after',
    '\nEvery option may be given as TRAFFIC_… in the environment; an option wins.',
  );

const NAMES: Readonly<Record<string, string>> = {
  url: 'TRAFFIC_URL',
  workspace: 'TRAFFIC_WORKSPACE',
  keyFile: 'TRAFFIC_SIGNING_KEY_FILE',
  rate: 'TRAFFIC_RATE',
  events: 'TRAFFIC_EVENTS',
  seed: 'TRAFFIC_SEED',
  ledger: 'TRAFFIC_LEDGER',
  order: 'TRAFFIC_ORDER',
};

function settingsOrExit(): TrafficSettings {
  const env: Record<string, string | undefined> = { ...process.env };
  for (const [option, text] of Object.entries(program.opts<Record<string, string>>())) {
    const name = NAMES[option];
    if (name !== undefined) env[name] = text;
  }
  try {
    return readTrafficSettings(env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`traffic: ${error.message}\n`);
    process.exit(2);
  }
}

program.parse();
const settings = settingsOrExit();
const stop = new AbortController();
// A second signal ends it at once: the ledger can take that.
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
// Without a reader there is nobody to tell; the ledger holds what matters.
process.stdout.on('error', () => stop.abort());

const tell = (line: TrafficLine): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

try {
  const isWhole = await runTraffic(settings, tell, stop.signal);
  process.exitCode = isWhole || settings.events === null ? 0 : 1;
} catch (error) {
  process.stderr.write(`traffic: ${String(error)}\n`);
  process.exitCode = 1;
}
