import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createConsoleView } from '../../local/runner/console-view.ts';
import { emptyDataFolder } from '../../local/runner/data-folder.ts';
import {
  addressesOf,
  claimedPorts,
  embeddedPrograms,
  serviceEnvironment,
} from '../../local/runner/environment.ts';
import { backOffMs, createKeepAlive } from '../../local/runner/keep-alive.ts';
import { parseOptions, type RunnerOptions } from '../../local/runner/options.ts';
import { createRate } from '../../local/runner/rate.ts';
import { readSamples } from '../../local/runner/scrape.ts';
import { createScreen } from '../../local/runner/screen.ts';
import { loadSecrets } from '../../local/runner/secrets.ts';
import { watchStopSignals } from '../../local/runner/stop-signals.ts';
import { renderTable } from '../../local/runner/table.ts';
import { firstWorkspace, trafficSettings } from '../../local/runner/traffic.ts';
import type { Vitals } from '../../local/runner/vitals.ts';

const dir = mkdtempSync(join(tmpdir(), 'landed-runner-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const plain: RunnerOptions = {
  events: null,
  isExit: false,
  hasTraffic: true,
  rate: null,
  seed: null,
  isFresh: false,
};

describe('options', () => {
  test.each<[string, Partial<RunnerOptions>]>([
    ['', {}],
    ['--events 2000 --exit', { events: 2000, isExit: true }],
    ['--no-traffic --fresh', { hasTraffic: false, isFresh: true }],
    ['--rate 0.5 --seed spring', { rate: 0.5, seed: 'spring' }],
  ])('%j', (line, expected) => {
    const argv = line.split(' ').filter((word) => word !== '');
    expect(parseOptions(argv)).toEqual({ ...plain, ...expected });
  });

  test.each([
    ['--exit', '--exit needs --events'],
    ['--events 5 --no-traffic', 'exclude each other'],
    ['--events many', 'whole number'],
    ['--events 1.5', 'whole number'],
    ['--rate 0', 'number up to'],
    ['--rate -3', 'number up to'],
    ['--what', 'unknown option'],
    ['surplus', 'too many arguments'],
  ])('%j is refused', (line, message) => {
    let told = '';
    const write = (text: string): void => {
      told += text;
    };
    expect(() => parseOptions(line.split(' '), write)).toThrow();
    expect(told).toContain(message);
  });
});

const secrets = { signingKey: 's'.repeat(64), sealKey: 'k:base64', hashKey: 'h'.repeat(64) };

describe('the environment of the services', () => {
  test('is embedded where nothing is set', () => {
    const env = serviceEnvironment({ PATH: '/bin' }, secrets, '/d');
    expect(env).toMatchObject({
      PATH: '/bin',
      KAFKA_BROKERS: '127.0.0.1:19092',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:18081/apis/ccompat/v7',
      CLICKHOUSE_URL: 'http://127.0.0.1:18123',
      CUSTOMERIO_SIGNING_KEYS: `shop:${secrets.signingKey}`,
      PROCESSOR_STATE_DIR: '/d/processor',
    });
  });

  test('what is set wins, as a value or as a file; an empty text is not set', () => {
    const env = serviceEnvironment(
      {
        CUSTOMERIO_SIGNING_KEYS: 'acme:key',
        LANDED_HASH_KEY_FILE: '/run/hash',
        LANDED_SEAL_KEYS: '',
        EMBEDDED_KAFKA_PORT: '7000',
      },
      secrets,
      '/d',
    );
    expect(env['CUSTOMERIO_SIGNING_KEYS']).toBe('acme:key');
    expect(env).not.toHaveProperty('LANDED_HASH_KEY');
    expect(env['LANDED_SEAL_KEYS']).toBe(secrets.sealKey);
    expect(env['KAFKA_BROKERS']).toBe('127.0.0.1:7000');
  });

  test('a server named there is not started, and its ports are not claimed', () => {
    const env = { KAFKA_BROKERS: 'k:9092', SCHEMA_REGISTRY_URL: 'http://r' };
    expect(embeddedPrograms(env)).toEqual(['clickhouse']);
    const ports = claimedPorts(env).map(({ port }) => port);
    expect(ports.sort()).toEqual([18123, 18124, 8080, 9101, 9102].sort());
    expect(embeddedPrograms({})).toEqual(['kafka', 'registry', 'clickhouse']);
  });

  test('ports move, and bad ones are told', () => {
    expect(addressesOf({ INGEST_PORT: '8181' }).webhook).toBe('http://127.0.0.1:8181');
    expect(() => claimedPorts({ INGEST_PORT: 'x' })).toThrow('INGEST_PORT must be a port');
    expect(() => claimedPorts({ INGEST_PORT: '0' })).toThrow('INGEST_PORT must be a port');
    expect(() => claimedPorts({ INGEST_PORT: '9102' })).toThrow(
      'Port 9102 is asked for twice. Set PROCESSOR_OPS_PORT',
    );
  });

  test('keys with a time: the first workspace and key that are valid now', () => {
    const entries = [
      { workspace: 'acme', key: 'a-key-that-is-over-by-now', not_after: '2020-01-01T00:00:00Z' },
      { workspace: 'shop', key: 'a-key-that-is-to-come-yet', not_before: '2999-01-01T00:00:00Z' },
      { workspace: 'shop', key: 'a-key-that-is-valid-now-a' },
    ];
    const env = { CUSTOMERIO_SIGNING_KEYS: JSON.stringify(entries) };
    expect(trafficSettings(plain, env, 'http://127.0.0.1:1', '/d')).toMatchObject({
      workspace: 'shop',
      key: 'a-key-that-is-valid-now-a',
    });
  });

  test('traffic goes to the first workspace, with its key; options win over the environment', () => {
    const env = { CUSTOMERIO_SIGNING_KEYS: 'acme:first,second;other:third', TRAFFIC_RATE: '7' };
    expect(firstWorkspace(env)).toBe('acme');
    const settings = trafficSettings(plain, env, 'http://127.0.0.1:1', '/d');
    expect(settings).toMatchObject({ workspace: 'acme', key: 'first', rate: 7, events: null });
    expect(settings.url.href).toBe('http://127.0.0.1:1/v1/webhooks/customerio/acme/reporting');
    const asked = { ...plain, events: 5, isExit: true, rate: 9, seed: 'x' };
    expect(trafficSettings(asked, env, 'http://127.0.0.1:1', '/d')).toMatchObject({
      rate: 9,
      events: 5,
      seed: 'x',
      ledger: '/d/ledger',
    });
  });
});

describe('secrets', () => {
  const file = join(dir, 'secrets.json');

  test('are made once, kept, and for the owner only', () => {
    const made = loadSecrets(file);
    expect(loadSecrets(file)).toEqual(made);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(Buffer.from(made.sealKey.split(':')[1] ?? '', 'base64')).toHaveLength(32);
  });

  test('a damaged file is not replaced', () => {
    writeFileSync(file, '{"signingKey":');
    expect(() => loadSecrets(file)).toThrow(`${file} is damaged`);
  });
});

test('fresh data keeps the lock, the logs and the secrets', () => {
  const folder = join(dir, 'data');
  for (const name of ['stack', 'ledger', 'processor', 'log']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  for (const name of ['lock.db', 'lock.pid', 'secrets.json', 'children.json']) {
    writeFileSync(join(folder, name), '');
  }
  emptyDataFolder(folder);
  expect(readdirSync(folder).sort()).toEqual(['lock.db', 'lock.pid', 'log', 'secrets.json']);
});

describe('keeping alive', () => {
  test('the wait doubles and is bounded', () => {
    expect([0, 1, 2, 5, 6, 7, 100].map(backOffMs)).toEqual([
      500, 1000, 2000, 16_000, 30_000, 30_000, 30_000,
    ]);
  });

  test('a process is started until it serves, and its deaths are counted', async () => {
    let starts = 0;
    const errors: unknown[] = [];
    const keeper = createKeepAlive({
      now: () => performance.now(),
      onError: (error) => errors.push(error),
      start: () => {
        starts += 1;
        return starts === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve();
      },
    });
    expect(keeper.state()).toEqual({ kind: 'up' });
    keeper.died();
    keeper.died();
    expect(keeper.state()).toEqual({ kind: 'down', retryInMs: 500, deaths: 1 });
    await expect.poll(() => keeper.state().kind, { timeout: 5000 }).toBe('up');
    expect([starts, errors.length]).toEqual([2, 1]);
    keeper.died();
    expect(keeper.state()).toMatchObject({ kind: 'down', deaths: 2, retryInMs: 2000 });
    await keeper.stop();
    keeper.died();
    expect(starts).toBe(2);
  });
});

describe('figures', () => {
  test('a rate is taken over the last seconds, and begins anew when the count falls back', () => {
    const rate = createRate();
    expect(rate.at(100, 0)).toBe(0);
    expect(rate.at(120, 1000)).toBe(20);
    expect(rate.at(200, 4000)).toBe(25);
    expect(rate.at(300, 7000)).toBe(100 / 3);
    expect(rate.at(5, 8000)).toBe(0);
    expect(rate.at(15, 9000)).toBe(10);
  });

  test('metrics are summed by label', () => {
    const samples = readSamples(
      [
        '# HELP webhooks help',
        'webhooks{source="cio",result="stored"} 5',
        'webhooks{source="other",result="stored"} 2',
        'webhooks{source="cio",result="refused"} 1 1700000000',
        'plain 3.5',
        'strange{a="x,\\"y\\"}"} 1e3',
        'none NaN',
      ].join('\n'),
    );
    expect(samples.sum('webhooks', { result: 'stored' })).toBe(7);
    expect(samples.sum('webhooks')).toBe(8);
    expect(samples.sum('plain')).toBe(3.5);
    expect(samples.sum('strange', { a: 'x,\\"y\\"}' })).toBe(1000);
    expect([samples.has('none'), samples.sum('absent')]).toEqual([false, 0]);
  });
});

const vitals: Vitals = {
  acknowledged: 1234,
  inRate: 20.04,
  rows: 1200,
  outRate: 19.96,
  rawLag: 4,
  warehouseLag: 1,
  bands: [
    { band: 'healthy', people: 1000 },
    { band: 'suppressed', people: 2 },
  ],
  lastChange: '10:00:00  someone changed',
};

describe('what is shown', () => {
  const scene = {
    upMs: 3_725_000,
    steps: [
      { name: 'kafka', state: 'done', ms: 2812 },
      { name: 'registry', state: 'started', ms: 0 },
    ],
    vitals,
    firstRowMs: 6240,
    processes: [
      { name: 'ingest', state: { kind: 'up' } as const },
      { name: 'kafka', state: { kind: 'down', retryInMs: 2000, deaths: 3 } as const },
    ],
    addresses: [['webhook', 'POST http://127.0.0.1:8080/…']] as const,
    notes: ['Ctrl-C stops.'],
  };

  test('the table', () => {
    expect(renderTable(scene, 80)).toEqual([
      'Landed   up 1:02:05   first row after 6.2 s',
      '  start      kafka 2.8 s   registry …',
      '',
      '  in         20.0 events/s   1,234 acknowledged',
      '  out        20.0 rows/s   1,200 rows   lag 4 scores, 1 rows',
      '  bands      healthy 1,000   suppressed 2',
      '  last       10:00:00  someone changed',
      '  !          kafka died (3 times), starting again in 2.0 s',
      '',
      '  webhook    POST http://127.0.0.1:8080/…',
      '',
      '  Ctrl-C stops.',
    ]);
    expect(renderTable(scene, 20).every((line) => line.length <= 20)).toBe(true);
    expect(renderTable(scene, 30).slice(1, 3)).toEqual([
      '  start      kafka 2.8 s',
      '             registry …',
    ]);
  });

  test('a terminal is redrawn, a file gets plain lines now and then', () => {
    const written = { live: '', plain: '' };
    const outputOf = (kind: 'live' | 'plain') => ({
      isTTY: kind === 'live',
      columns: 80,
      write: (text: string) => {
        written[kind] += text;
        return true;
      },
    });
    let now = 0;
    for (const kind of ['live', 'plain'] as const) {
      const view = createConsoleView(createScreen(outputOf(kind)), () => now);
      view.onStep({ name: 'kafka', state: 'started', ms: 0 });
      view.onStep({ name: 'kafka', state: 'done', ms: 1500 });
      for (now = 0; now < 6000; now += 1000) view.showVitals(vitals);
      view.showProcesses([{ name: 'kafka', state: { kind: 'starting', deaths: 1 } }]);
      view.showProcesses([{ name: 'kafka', state: { kind: 'up' } }]);
      view.note('the end');
    }
    expect(written.live).toContain('\u001b[4A\r\u001b[J');
    expect(written.plain.split('\n')).toEqual([
      'kafka: 1.5 s',
      expect.stringContaining('in 20.0 events/s 1,234 acknowledged | out 20.0 rows/s'),
      expect.stringContaining(
        'lag 4 scores, 1 rows | bands healthy 1,000 suppressed 2 | last 10:00:00 someone',
      ),
      'kafka died (once), starting again',
      'kafka is back',
      'the end',
      '',
    ]);
  });
});

describe('stopping', () => {
  test('a Ctrl-C that npm passes on as well is one; another one later ends at once', () => {
    const source = new EventEmitter();
    let now = 0;
    const exits: number[] = [];
    const stop = watchStopSignals(
      source as never,
      () => now,
      (code) => exits.push(code),
    );
    expect([stop.signal.aborted, stop.exitCode()]).toEqual([false, undefined]);
    source.emit('SIGINT');
    now = 20;
    source.emit('SIGINT');
    expect([stop.signal.aborted, stop.exitCode(), exits.length]).toEqual([true, 130, 0]);
    now = 2000;
    source.emit('SIGTERM');
    expect(exits).toEqual([143]);
  });
});
