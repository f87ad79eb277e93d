import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { quietKafkaTimers } from '../local/stack/quiet-kafka.ts';
import { wholeNumber } from '../whole-number.ts';
import { barTable } from './bar-table.ts';
import { ingestBars, REGIMES } from './ingest-bars.ts';
import type { Regime, Results } from './ingest-bars.ts';
import { startCluster } from './ingest-cluster.ts';
import type { BenchCluster } from './ingest-cluster.ts';
import { measure } from './ingest-measure.ts';
import type { Measurement } from './ingest-measure.ts';
import { SERVERS, startServer } from './ingest-servers.ts';
import type { ServerName, ServerSettings } from './ingest-servers.ts';
import { resultTables } from './ingest-table.ts';

/*
 * `npm run bench:ingest`: what one webhook costs the ingest service, beside bare servers and a peer.
 * In each round every server is started anew, warmed up and measured under every regime, so that
 * other work on the machine meets all of them; CPU time a request is the figure to compare. The
 * broker is an embedded one, or that of KAFKA_BROKERS and SCHEMA_REGISTRY_URL.
 */

const listOf =
  <T extends string>(known: readonly T[]) =>
  (text: string): readonly T[] =>
    text.split(',').map((word) => {
      const found = known.find((each) => each === word);
      if (found === undefined) throw new InvalidArgumentError(`must be of ${known.join(', ')}`);
      return found;
    });

type Options = {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUp: number;
  readonly servers: readonly ServerName[];
  readonly regimes: readonly Regime[];
  readonly json: boolean;
};

const options = new Command('bench:ingest')
  .description('Measures what one webhook costs the ingest service, beside others.')
  .option('--rounds <number>', 'measurements of each server', wholeNumber(1, 50), 5)
  .option('--seconds <number>', 'length of one measurement', wholeNumber(1, 600), 4)
  .option('--warm-up <number>', 'seconds before it', wholeNumber(0, 60), 2)
  .option('--servers <list>', `of ${SERVERS.join(', ')}`, listOf(SERVERS), SERVERS)
  .option('--regimes <list>', `of ${REGIMES.join(', ')}`, listOf(REGIMES), REGIMES)
  .option('--json', 'print the figures as JSON', false)
  .parse()
  .opts<Options>();

const benthos = fileURLToPath(new URL('../../.stack/benthos', import.meta.url));
const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** The servers that can be measured here; says which cannot, and why. */
function availableServers(): readonly ServerName[] {
  if (!options.servers.includes('benthos') || existsSync(benthos)) return options.servers;
  mkdirSync(fileURLToPath(new URL('../../.stack', import.meta.url)), { recursive: true });
  try {
    tell('building Benthos, two minutes the first time');
    execFileSync(fileURLToPath(new URL('peers/build.sh', import.meta.url)), [benthos], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 900_000,
    });
    return options.servers;
  } catch (error) {
    const { stderr } = error as { readonly stderr?: Buffer };
    const reason = stderr?.toString().trim().split('\n').at(-1) ?? 'Go is not installed';
    tell(`skipped: benthos, which needs Go (${reason})`);
    return options.servers.filter((name) => name !== 'benthos');
  }
}

/** One round of one server: every regime in turn. */
async function measureServer(
  name: ServerName,
  settings: ServerSettings,
  add: (regime: Regime, measurement: Measurement) => void,
): Promise<void> {
  const server = await startServer(name, settings);
  try {
    for (const regime of options.regimes) {
      const isOpen = regime === '1000/s';
      const measurement = await measure({
        serverPid: server.pid,
        brokerPid: settings.cluster.brokerPid,
        port: server.port,
        key: settings.key,
        connections: isOpen ? 64 : Number(regime),
        rate: isOpen ? 1000 : 0,
        warmUpMs: options.warmUp * 1000,
        durationMs: options.seconds * 1000,
      });
      add(regime, measurement);
    }
  } finally {
    await server.stop();
  }
}

async function measureAll(cluster: BenchCluster, dir: string): Promise<Results> {
  const key = randomBytes(24).toString('hex');
  const env = {
    CUSTOMERIO_SIGNING_KEYS: `bench:${key}`,
    LANDED_SEAL_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    LANDED_HASH_KEY: randomBytes(32).toString('hex'),
    INGEST_STATE_DIR: join(dir, 'state'),
    INGEST_LOG_LEVEL: 'error',
  };
  const settings: ServerSettings = { key, cluster, env, benthos };
  const results = new Map(
    options.regimes.map((regime) => [regime, new Map<ServerName, Measurement[]>()]),
  );
  const servers = availableServers();
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const name of servers) {
      await measureServer(name, settings, (regime, measurement) => {
        const held = results.get(regime)?.get(name) ?? [];
        results.get(regime)?.set(name, [...held, measurement]);
        const cpu = measurement.serverUs.toFixed(1);
        tell(`round ${round} of ${options.rounds}, ${name}, ${regime}: ${cpu} µs`);
      });
    }
  }
  return results;
}

quietKafkaTimers();
const dir = mkdtempSync(join(tmpdir(), 'landed-bench-'));
const cluster = await startCluster(process.env, dir);
try {
  const results = await measureAll(cluster, dir);
  const bars = ingestBars(results);
  const broker = cluster.brokerPid === null ? 'given broker' : 'embedded broker';
  const conditions = `${broker}, ${options.rounds} x ${options.seconds} s, ${cpus().length} cores, Node ${process.version}`;
  if (options.json) {
    const rows = [...results].map(([regime, servers]) => ({
      regime,
      servers: Object.fromEntries(servers),
    }));
    process.stdout.write(`${JSON.stringify({ conditions, rows, bars })}\n`);
  } else {
    process.stdout.write(`${conditions}\n${resultTables(results)}\n${barTable(bars)}\n`);
  }
} finally {
  await cluster.stop();
  rmSync(dir, { recursive: true, force: true });
}
