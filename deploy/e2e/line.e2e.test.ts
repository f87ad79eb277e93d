import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient } from '@clickhouse/client';
import type { RawWebhook, ScoreChange } from '@landed/schemas/events.gen';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLagProbe } from '../bench/lag.ts';
import { startTraffic } from '../bench/traffic-child.ts';
import { waitUntil } from '../local/stack/wait-until.ts';
import { readLedger } from '../traffic/ledger.ts';
import { signedHeaders } from '../traffic/sign.ts';
import { hardBounceBody, signedCurl } from '../traffic/signed-curl.ts';
import { canaries, CONTROL, findNeedles } from './canaries.ts';
import type { Finding } from './canaries.ts';
import { filePlaces, metricPlaces, tablePlaces, topicPlaces } from './places.ts';
import type { Place } from './places.ts';
import { openServers } from './servers.ts';
import type { OpenServers } from './servers.ts';
import { awaitRecord } from './subscriber.ts';
import { startSystem } from './system.ts';
import type { System } from './system.ts';

/** The key of the signature vectors; a workspace of its own has it. */
const VECTOR_KEY = 'cio-test-signing-key-1';
const KEY = 'signing-key-of-the-line-test';
const NAME = `e2e${process.pid}`;

let dir: string;
let servers: OpenServers;
let system: System;
const closing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'landed-e2e-'));
  servers = await openServers(dir);
  closing.unshift(servers.stop);
  system = await startSystem({
    dir: join(dir, 'system'),
    servers,
    prefix: `${NAME}.`,
    database: NAME,
    signingKey: KEY,
    env: { CUSTOMERIO_SIGNING_KEYS: `acme:${KEY};vectors:${VECTOR_KEY}` },
  });
  closing.unshift(system.stop);
});
afterAll(async () => {
  for (const close of closing) await close();
  rmSync(dir, { recursive: true, force: true });
});

type Row = Readonly<Record<string, unknown>>;

async function rowsOf(query: string): Promise<Row[]> {
  const client = createClient({ url: servers.clickhouseUrl, database: NAME });
  try {
    return await (await client.query({ query, format: 'JSONEachRow' })).json<Row>();
  } finally {
    await client.close();
  }
}

async function untilCaughtUp(): Promise<void> {
  const probe = await createLagProbe(servers.kafkaBrokers, `${NAME}.landed-`);
  try {
    const isDone = async (): Promise<boolean> => {
      const lags = await probe.lags();
      if (lags.length > 0) throw new Error(`behind: ${JSON.stringify(lags)}`);
      return true;
    };
    await waitUntil({ what: 'the end of the lag', isDone, deadlineMs: 30_000, everyMs: 200 });
  } finally {
    await probe.close();
  }
}

async function changeCausedBy(eventId: string): Promise<ScoreChange | null> {
  const isIt = ({ cause }: ScoreChange): boolean => cause.event_id === eventId;
  return awaitRecord<ScoreChange>(system.env, 'scoreChanges', isIt, 30_000);
}

/** Ids of the acknowledged events of a ledger, each once, sorted. */
async function ledgerEvents(path: string): Promise<string[]> {
  const ids = new Set<string>();
  for await (const { kind, word, eventId, acknowledgedAt } of readLedger(path)) {
    if (kind !== 'event' || word !== 'stored' || acknowledgedAt === null) continue;
    if (eventId !== null) ids.add(eventId);
  }
  return [...ids].sort();
}

function post(url: string, headers: Record<string, string>, body: Buffer): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
    signal: AbortSignal.timeout(5000),
  });
}

describe('the line', () => {
  test('traffic with a processor killed midway comes out exactly once', async () => {
    const ledger = join(dir, 'ledger');
    const options = ['--url', system.webhookUrl, '--workspace', 'acme', '--ledger', ledger];
    const traffic = startTraffic(system.env, [...options, '--rate', '100', '--events', '900']);
    const hasSent = (count: number) => (): Promise<boolean> =>
      Promise.resolve((traffic.progress()?.acknowledged ?? 0) >= count);
    await waitUntil({ what: 'traffic', isDone: hasSent(250), deadlineMs: 30_000 });
    await system.kill('processor', 'SIGKILL');
    await waitUntil({ what: 'traffic', isDone: hasSent(500), deadlineMs: 30_000 });
    await system.start('processor');
    expect(await traffic.ended).toBe(0);
    expect(traffic.progress()).toMatchObject({ sent: 900, acknowledged: 900 });
    const audit = await system.landed('audit', '--ledger', ledger, '--wait', '60', '--json');
    expect(audit, audit.stdout + audit.stderr).toMatchObject({ code: 0 });
    const report = JSON.parse(audit.stdout) as { sums: Record<string, number> };
    const events = await ledgerEvents(ledger);
    expect(report).toMatchObject({ balanced: true, complete: true, findings: [] });
    expect(report.sums).toMatchObject({ lost: 0, doubled: 0, different: 0 });
    // The audit is right that nothing is missing: counted here once more, without it.
    const rows = await rowsOf('SELECT event_id FROM message_outcomes');
    expect(rows.map((row) => row['event_id']).sort()).toEqual(events);
  });

  test('a hard bounce by the printed curl becomes a row and a score change', async () => {
    const now = Date.now();
    const body = hardBounceBody({ now });
    const { event_id: eventId } = JSON.parse(body.toString()) as { event_id: string };
    const curl = signedCurl({ url: system.webhookUrl, key: KEY, body, now });
    const { stdout } = await promisify(execFile)('sh', ['-c', curl]);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'stored' });

    const change = await changeCausedBy(eventId);
    expect(change).toMatchObject({
      workspace: 'acme',
      profile_id: 'acme/cio:a90c07004711',
      customer_id: 'u-4711',
      version: 1,
      cause: { kind: 'event', metric: 'bounced', channel: 'email' },
      after: { email: { score: 0, band: 'suppressed', deliverable: false } },
    });
    expect(change?.changed).toContain('email.band');
    expect(change?.reasons.map(({ code }) => code)).toContain('hard_bounce');

    const query = `SELECT event_id, kind, metric, failure_class, event_type, message_id FROM message_outcomes WHERE event_id = '${eventId}'`;
    await waitUntil({
      what: 'the row',
      isDone: async () => (await rowsOf(query)).length > 0,
      deadlineMs: 30_000,
      everyMs: 200,
    });
    const row = { event_id: eventId, kind: 'bounced', metric: 'bounced', failure_class: 'hard' };
    expect(await rowsOf(query)).toEqual([
      { ...row, event_type: 'bounced', message_id: expect.stringMatching(/^dgHandMade/) as string },
    ]);
    const url = `${servers.clickhouseUrl}/?database=${NAME}&query=${encodeURIComponent(`${query} FORMAT JSONEachRow`)}`;
    const plain = await fetch(url, { signal: AbortSignal.timeout(5000) });
    expect(JSON.parse(await plain.text())).toMatchObject(row);
  });

  test('why not, and what then: explained, reinstated by hand, explained again', async () => {
    const person = 'acme/cio:a90c07004711';
    const told = await system.landed('explain', person);
    expect(told.stderr).toBe('');
    expect(told.stdout).toMatch(/hard_bounce/);
    expect(told.stdout.replace(/[│\s]+/g, ' ')).toContain('reinstate by hand');
    // Found by another of their names, too.
    expect((await system.landed('explain', 'u-4711')).stdout).toContain(person);
    expect((await system.landed('explain', 'acme/id:nobody')).code).toBe(2);

    const whom = ['--workspace', 'acme', '--cio-id', 'a90c07004711', '--id', 'u-4711'];
    const written = await system.landed('command', 'reinstate', ...whom);
    expect(written.code).toBe(0);
    const { event_id: eventId } = JSON.parse(written.stdout) as { event_id: string };
    const change = await changeCausedBy(eventId);
    expect(change).toMatchObject({
      profile_id: person,
      version: 2,
      cause: { metric: 'reinstate' },
      after: { email: { score: 60, band: 'watch', deliverable: true } },
    });
    const after = await system.landed('explain', person, '--json');
    const [explained] = JSON.parse(after.stdout) as { version: number; reasons: unknown[] }[];
    expect(explained?.version).toBe(2);
    expect(explained?.reasons).toContainEqual(
      expect.objectContaining({
        code: 'probation',
        channel: 'email',
        remedy: 'one delivered message ends it',
      }),
    );
  });

  test.each([
    [
      'an event',
      '1767225600',
      '{"metric":"bounced","event_id":"01KDVH0000ABCDEFGHJKMNPQRS","object_type":"email","timestamp":1767225598,"data":{"delivery_id":"dgOq"}}',
      '5fcaa3df17fee3383f0b389c8deb1619f47e639d1d162eac7418975f0cc0f3bc',
      { status: 'stored' },
    ],
    [
      'an escaped link',
      '1767225601',
      '{"href":"https://shop.example/p?a=1\\u0026b=2"}',
      '8c66643d41f6954cdcffe0a1de545b220a6806fd58008cbb8c7c8cb7aad655b0',
      { status: 'quarantined', reason: 'missing_event_id' },
    ],
    [
      'UTF-8',
      '1767225602',
      '{"subject":"Zürich – 10 % off ✓"}',
      '755186d91e1cbb9ce0d783ee551bf898559a16cd1a75bfe8f90a7f80630fad0b',
      { status: 'quarantined', reason: 'missing_event_id' },
    ],
    [
      'an empty body',
      '1767225603',
      '',
      '995729e001ab9c02e247de6bbc7f21c5dc85993c1207f19b1d16b26acae81756',
      { status: 'quarantined', reason: 'not_json' },
    ],
  ])('signature vector: %s', async (_, timestamp, text, signature, expected) => {
    const url = system.webhookUrl.replace('/acme/', '/vectors/');
    const headers = { 'x-cio-timestamp': timestamp, 'x-cio-signature': signature };
    const answer = await post(url, headers, Buffer.from(text));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject(expected);
    const tampered = await post(url, headers, Buffer.from(`${text} `));
    expect(tampered.status).toBe(401);
    // The keys of one workspace open no other.
    expect((await post(system.webhookUrl, headers, Buffer.from(text))).status).toBe(401);
  });

  test('a timestamp of long ago is flagged, not refused', async () => {
    const stored = await awaitRecord<RawWebhook>(
      system.env,
      'raw',
      ({ workspace }) => workspace === 'vectors',
      20_000,
    );
    expect(stored?.event_id).toBe('01KDVH0000ABCDEFGHJKMNPQRS');
    expect(stored?.flags).toContain('stale_timestamp');
  });

  test('planted addresses are in no topic, table, file or metric in clear', async () => {
    const planted = canaries(Date.now());
    for (const { name, body } of planted) {
      const headers = {
        'user-agent': 'zqcanaryagent@leak.example',
        ...signedHeaders(KEY, Date.now(), body),
      };
      const url = `${system.webhookUrl}?from=zqcanaryquery%40leak.example`;
      expect((await post(url, headers, body)).status, name).toBe(200);
    }
    const unsigned = { 'x-cio-timestamp': '1', 'x-cio-signature': '0'.repeat(64) };
    const stranger = Buffer.from('{"email":"zqcanarystranger@leak.example"}');
    expect((await post(system.webhookUrl, unsigned, stranger)).status).toBe(401);

    const ids = planted.flatMap(({ eventId }) => (eventId === null ? [] : [eventId]));
    const count = `SELECT count() AS n FROM message_outcomes WHERE event_id IN ('${ids.join("','")}')`;
    await waitUntil({
      what: 'the rows of the planted events',
      isDone: async () => Number((await rowsOf(count))[0]?.['n']) === ids.length,
      deadlineMs: 30_000,
      everyMs: 200,
    });
    await untilCaughtUp();

    const findings: Finding[] = [];
    const controls = new Set<string>();
    const search = async (places: AsyncIterable<Place>): Promise<void> => {
      for await (const { place, bytes } of places) {
        findings.push(...findNeedles(place, bytes));
        if (findNeedles(place, bytes, [CONTROL]).length > 0)
          controls.add(place.split('/')[0] ?? '');
      }
    };
    await search(topicPlaces(system.env));
    await search(tablePlaces(system.env));
    await search(metricPlaces([system.opsUrls.ingest, system.opsUrls.processor]));
    await search(filePlaces(join(dir, 'system')));
    // Everything the broker, the registry and the ClickHouse engine keep on disk, compaction's leavings too.
    if (servers.dataDir !== null) await search(filePlaces(servers.dataDir));
    expect(findings).toEqual([]);
    // The same search does find what may be there.
    expect([...controls]).toEqual(
      expect.arrayContaining([
        `topic ${NAME}.customerio.outcomes.v1`,
        `topic ${NAME}.deliverability.deliveries.v1`,
        'table message_outcomes',
        'table deliveries',
      ]),
    );
  });
});
