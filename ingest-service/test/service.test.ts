import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDecoder } from '@landed/schemas/codec';
import { avroSchemaText } from '@landed/schemas/avro';
import { createSealer } from '@landed/schemas/seal';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { watchCertificate } from '../src/certificate.ts';
import { createLogger } from '../src/log.ts';
import { signingKeyId } from '../src/signing-keys.ts';
import { PATH, event, exchange, request, signatureOf, signedLines } from './raw-http.ts';
import { FAST, runService } from './running-service.ts';
import type { RunningService } from './running-service.ts';
import { selfSigned } from './self-signed.ts';
import { SEAL_KEY, SIGNING_KEY, minimalEnv } from './settings.ts';

const NEXT_KEY = 'cio-test-signing-key-2';
const SECRET = 'a-shared-secret-of-today';
const started: RunningService[] = [];

async function start(
  env: Record<string, string | undefined> = {},
  schemaId?: () => Promise<number>,
): Promise<RunningService> {
  const running = await runService(env, schemaId);
  started.push(running);
  if (!schemaId) await running.service.becomeAble();
  return running;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map(({ service }) => service.drain()));
});

const post = (running: RunningService, bytes: Uint8Array) =>
  exchange(running.port, { parts: [bytes], answers: 1 });
const ready = async ({ opsPort }: RunningService) => {
  const answer = await fetch(`http://127.0.0.1:${opsPort}/readyz`);
  return { ...((await answer.json()) as object), status: answer.status };
};

describe('what is stored', () => {
  test('the envelope holds the body as received and what is known about the call', async () => {
    const running = await start();
    const body = event('01STORED');
    const before = Date.now();
    await post(running, request(body));
    const [record] = running.kafka.written;
    const decoder = createDecoder('RawWebhook', () =>
      Promise.resolve(avroSchemaText('RawWebhook')),
    );
    await decoder.prepare([record!.value]);
    const raw = decoder.decode(record!.value);
    expect(record).toMatchObject({
      topic: 'customerio.webhooks.raw.v1',
      key: 'acme/cio:a90c07000041',
    });
    expect(raw).toMatchObject({
      kind: 'webhook',
      source: 'customerio',
      workspace: 'acme',
      event_id: '01STORED',
      signing_key_id: running.config.access.signingKeys.has('acme') ? raw.signing_key_id : null,
      flags: [],
      body_bytes: Buffer.byteLength(body),
    });
    expect(raw.signing_key_id).toMatch(/^[0-9a-f]{8}$/);
    expect(raw.received_at).toBeGreaterThanOrEqual(before);
    expect(raw.signature_timestamp).toBe(Math.floor((raw.signature_timestamp ?? 0) / 1000) * 1000);
    const opened = createSealer([{ id: 'k1', key: SEAL_KEY }]).open(raw.body);
    expect(opened.toString()).toBe(body);
  });
});

describe('our trouble is 503 with Retry-After, and we stay ready', () => {
  const expectTrouble = (text: string, reason: string): void => {
    expect(text).toContain('HTTP/1.1 503 ');
    expect(text).toMatch(/\r\nRetry-After: \d+\r\n/);
    expect(text).toContain(`"reason":"${reason}"`);
  };

  test('bound, but not able yet; able as soon as the registry answers', async () => {
    let answer: (id: number) => void = () => undefined;
    const running = await start({}, () => new Promise((resolve) => (answer = resolve)));
    const able = running.service.becomeAble();
    expectTrouble((await post(running, request(event('a')))).text, 'starting');
    expect(await ready(running)).toMatchObject({ status: 200, able: false });
    answer(7);
    await able;
    expect((await post(running, request(event('a')))).statuses).toEqual([200]);
    expect(await ready(running)).toMatchObject({ status: 200, able: true, kafka_connected: true });
  });

  test('a registry that is away at first is asked again', async () => {
    let tries = 0;
    const running = await start({}, () => {
      tries += 1;
      return tries < 3 ? Promise.reject(new Error('away')) : Promise.resolve(7);
    });
    await running.service.becomeAble();
    expect(tries).toBe(3);
  });

  test('Kafka that does not answer: at our deadline, readiness and liveness stay', async () => {
    const running = await start({ INGEST_DEADLINE_MS: '500' });
    running.kafka.deed = () => ({ kind: 'hang' });
    const { text, elapsedMs } = await post(running, request(event('a')));
    expectTrouble(text, 'deadline');
    expect(elapsedMs).toBeLessThan(1500);
    expect(await ready(running)).toMatchObject({ status: 200 });
    const healthz = await fetch(`http://127.0.0.1:${running.opsPort}/healthz`);
    expect(healthz.status).toBe(200);
    // The batch is still on its way: newcomers are told at once.
    const second = await post(running, request(event('b')));
    expectTrouble(second.text, 'unavailable');
    expect(second.elapsedMs).toBeLessThan(400);
    running.kafka.release({ kind: 'answer', sent: 'stored' });
    await expect.poll(() => running.scrape()).toContain('ingest_late_records_total 1');
  });

  test('beyond the bound: at once', async () => {
    const running = await start({ INGEST_PENDING_RECORDS_MAX: '1', INGEST_DEADLINE_MS: '500' });
    running.kafka.deed = () => ({ kind: 'hang' });
    const first = post(running, request(event('a')));
    await expect.poll(() => running.kafka.flying).toBe(1);
    expectTrouble((await post(running, request(event('b')))).text, 'overloaded');
    await first;
    running.kafka.release({ kind: 'fail' });
  });

  test('body bytes beyond the bound: at once', async () => {
    const running = await start({ INGEST_PENDING_BYTES_MAX: String(2 * 1024 * 1024) });
    const large = request(Buffer.alloc(1024 * 1024, 'x')).subarray(0, -1);
    const held = [
      exchange(running.port, { parts: [large] }),
      exchange(running.port, { parts: [large] }),
    ];
    await expect.poll(() => running.scrape()).toMatch(/ingest_inflight_bytes 20[0-9]{5}\n/);
    expectTrouble(
      (await post(running, request(event('a', { pad: 'x'.repeat(9000) })))).text,
      'overloaded',
    );
    await Promise.all(held);
  });
});

describe('keys and controls', () => {
  const signed = (key: string) => request('{}', { lines: signedLines('{}', key) });

  test('rotation by reload: both, then only the new one', async () => {
    const running = await start();
    const reload = (keys: string): void =>
      running.service.reload(
        loadConfig({ ...minimalEnv, ...FAST, CUSTOMERIO_SIGNING_KEYS: keys }).access,
      );
    expect((await post(running, signed(NEXT_KEY))).statuses).toEqual([401]);
    reload(`acme:${SIGNING_KEY},${NEXT_KEY}`);
    expect((await post(running, signed(NEXT_KEY))).statuses).toEqual([200]);
    expect((await post(running, signed(SIGNING_KEY))).statuses).toEqual([200]);
    reload(`acme:${NEXT_KEY}`);
    expect((await post(running, signed(SIGNING_KEY))).statuses).toEqual([401]);
    expect(running.log()).not.toContain(NEXT_KEY);
  });

  test('each workspace has its own keys', async () => {
    const running = await start({
      CUSTOMERIO_SIGNING_KEYS: `acme:${SIGNING_KEY};shop:${NEXT_KEY}`,
    });
    const at = (workspace: string, key: string) =>
      post(
        running,
        request(event('a'), {
          path: `/v1/webhooks/customerio/${workspace}/reporting`,
          lines: signedLines(event('a'), key),
        }),
      );
    expect((await at('acme', SIGNING_KEY)).statuses).toEqual([200]);
    expect((await at('shop', NEXT_KEY)).statuses).toEqual([200]);
    expect((await at('shop', SIGNING_KEY)).statuses).toEqual([401]);
    expect((await post(running, signed(SIGNING_KEY))).statuses).toEqual([404]);
    expect(running.kafka.log).toEqual(['acme/cio:a90c07000041', 'shop/cio:a90c07000041']);
  });

  test('the temporary control in a path: lets in, flagged, and says so everywhere', async () => {
    const running = await start({
      INGEST_TEMPORARY_CONTROL: 'path',
      CUSTOMERIO_TEMPORARY_SECRETS: `acme:${SECRET}`,
    });
    const at = (path: string, lines = ['Host: x']) =>
      post(running, request(event('a'), { path, lines }));
    expect((await at(`${PATH}/${SECRET}`)).statuses).toEqual([200]);
    expect((await at(`${PATH}/a-wrong-secret`)).statuses).toEqual([401]);
    expect((await at(PATH)).statuses).toEqual([401]);
    // A good signature is what counts, with or without the secret.
    expect((await at(PATH, signedLines(event('a')))).statuses).toEqual([200]);
    const scrape = await running.scrape();
    expect(scrape).toContain('ingest_temporary_control_workspaces 1');
    expect(scrape).toContain('ingest_flagged_total{flag="temporary_control"} 1');
    expect(running.log()).toContain('TEMPORARY CONTROL');
    expect(running.log() + scrape).not.toContain(SECRET);
    const body = running.kafka.written[0]!.value.toString('latin1');
    expect(body).toContain('temporary_control');
  });

  test('the temporary control in a header', async () => {
    const running = await start({
      INGEST_TEMPORARY_CONTROL: 'header',
      CUSTOMERIO_TEMPORARY_SECRETS: `acme:${SECRET}`,
      CUSTOMERIO_SIGNING_KEYS: undefined,
    });
    const withSecret = (secret: string) =>
      post(running, request('{}', { lines: ['Host: x', `X-Landed-Secret: ${secret}`] }));
    expect((await withSecret(SECRET)).statuses).toEqual([200]);
    expect((await withSecret('a-wrong-secret')).statuses).toEqual([401]);
  });

  test.each([
    ['enforce', 401],
    ['log', 200],
  ])('the allowlist in mode %s', async (mode, status) => {
    const running = await start({
      INGEST_ALLOWLIST_MODE: mode,
      INGEST_ALLOWLIST: '35.188.196.183',
      INGEST_TRUSTED_PROXIES: '127.0.0.1',
    });
    const from = (address: string) =>
      post(
        running,
        request('{}', { lines: [...signedLines('{}'), `X-Forwarded-For: ${address}`] }),
      );
    expect((await from('35.188.196.183')).statuses).toEqual([200]);
    expect((await from('1.2.3.4')).statuses).toEqual([status]);
    expect(await running.scrape()).toContain(`ingest_off_list_total{mode="${mode}"} 1`);
  });

  test('mode log tells every address that enforce would refuse once, and which were authentic', async () => {
    const running = await start({
      INGEST_ALLOWLIST_MODE: 'log',
      INGEST_ALLOWLIST: 'customerio-us',
      INGEST_TRUSTED_PROXIES: '127.0.0.1',
    });
    const from = (address: string, lines = signedLines('{}')) =>
      post(running, request('{}', { lines: [...lines, `X-Forwarded-For: ${address}`] }));
    const addresses = ['203.0.113.1', '203.0.113.2', '203.0.113.1', '203.0.113.3'];
    for (const address of addresses) await from(address);
    await from('203.0.113.9', ['Host: x']);
    await from('35.188.196.183');
    const told = (words: string): (string | undefined)[] =>
      running
        .log()
        .split('\n')
        .filter((line) => line.includes(words))
        .map((line) => /"remote":"([^"]+)"/.exec(line)?.[1]);
    const once = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
    expect(told('a caller is not on the allowlist')).toEqual([...once, '203.0.113.9']);
    expect(told('enforce would refuse it')).toEqual(once);
    const scrape = await running.scrape();
    expect(scrape).toContain('ingest_off_list_total{mode="log"} 5');
    expect(scrape).toContain('ingest_off_list_authentic_total{mode="log"} 4');
    expect(running.log()).toContain('"date":"2026-08-31"');
  });

  test('more addresses than are remembered fill no log', async () => {
    const running = await start({
      INGEST_ALLOWLIST_MODE: 'log',
      INGEST_ALLOWLIST: '192.0.2.1',
      INGEST_TRUSTED_PROXIES: '127.0.0.1',
    });
    const calls = Array.from({ length: 1100 }, (_, at) =>
      request('{}', { lines: ['Host: x', `X-Forwarded-For: 10.0.${at >> 8}.${at & 255}`] }),
    );
    // One connection takes 1,000 requests.
    for (const part of [calls.slice(0, 900), calls.slice(900)]) {
      await exchange(running.port, { parts: [Buffer.concat(part)], answers: part.length });
    }
    const lines = running.log().match(/a caller is not on the allowlist/g)?.length ?? 0;
    expect(lines).toBeGreaterThan(900);
    expect(lines).toBeLessThan(1010);
    expect(await running.scrape()).toContain('ingest_off_list_total{mode="log"} 1100');
  });

  const timedKeys = (...keys: object[]): string =>
    JSON.stringify(keys.map((key) => ({ workspace: 'acme', ...key })));
  const iso = (fromNowMs: number): string => new Date(Date.now() + fromNowMs).toISOString();

  test.each([
    ['expired', { not_after: iso(-1000) }],
    ['not_yet_valid', { not_before: iso(3_600_000) }],
  ])(
    'a key outside its time (%s) proves nothing, and the operator is told',
    async (fault, time) => {
      const keys = timedKeys({ key: SIGNING_KEY, ...time }, { key: NEXT_KEY });
      const running = await start({ CUSTOMERIO_SIGNING_KEYS: keys });
      const statusWith = async (key: string) =>
        (await post(running, request('{}', { lines: signedLines('{}', key) }))).text;
      expect(await statusWith(SIGNING_KEY)).toContain('"reason":"wrong_signature"');
      expect(await statusWith(SIGNING_KEY)).toContain('HTTP/1.1 401');
      expect(await statusWith(NEXT_KEY)).toContain('HTTP/1.1 200');
      const id = signingKeyId(SIGNING_KEY);
      expect(await running.scrape()).toContain(
        `ingest_untimely_key_matches_total{workspace="acme",key_id="${id}",fault="${fault}"} 2`,
      );
      const lines = running.log().split('\n');
      const told = lines.filter((line) => line.includes('SIGNED WITH A KEY OUTSIDE ITS TIME'));
      expect(told).toHaveLength(1);
      expect(told[0]).toContain('"level":"error"');
      expect(told[0]).toContain(`"key_id":"${id}","fault":"${fault}"`);
      expect(running.log()).not.toContain(SIGNING_KEY);
    },
  );

  test('a valid key that ends soon is warned of at the start and stands in the metrics', async () => {
    const end = iso(3_600_000);
    const running = await start({
      CUSTOMERIO_SIGNING_KEYS: timedKeys({ key: SIGNING_KEY, not_after: end }),
    });
    expect(running.log()).toContain(`"expires_at":"${end}"`);
    const id = signingKeyId(SIGNING_KEY);
    expect(await running.scrape()).toContain(
      `ingest_signing_key_expiry_seconds{workspace="acme",key_id="${id}"} ${Math.floor(Date.parse(end) / 1000)}`,
    );
  });

  test('a refused stale call shows its reason and its age', async () => {
    const running = await start({
      INGEST_TIMESTAMP_POLICY: 'enforce',
      INGEST_TIMESTAMP_PAST_TOLERANCE_SECONDS: '60',
    });
    const signedAgo = (seconds: number) => {
      const timestamp = String(Math.floor(Date.now() / 1000) - seconds);
      const signature = signatureOf('{}', timestamp);
      const lines = ['Host: x', `X-CIO-Timestamp: ${timestamp}`, `X-CIO-Signature: ${signature}`];
      return post(running, request('{}', { lines }));
    };
    expect((await signedAgo(90)).text).toContain('"reason":"stale_timestamp"');
    expect((await signedAgo(-200)).statuses).toEqual([200]);
    const scrape = await running.scrape();
    expect(scrape).toContain('ingest_signature_failures_total{reason="stale_timestamp"} 1');
    expect(scrape).toMatch(/ingest_request_age_seconds_sum\{workspace="acme"\} 9\d/);
    expect(running.log()).toContain('"reason":"stale_timestamp"');
  });
});

describe('draining', () => {
  test('unready at once, serving on, each answer ends its connection, then nobody is there', async () => {
    const running = await runService({ INGEST_DRAIN_MS: '400' });
    await running.service.becomeAble();
    const draining = running.service.drain();
    expect(await ready(running)).toMatchObject({ status: 503 });
    const { text, statuses } = await post(running, request(event('a')));
    expect(statuses).toEqual([200]);
    expect(text).toContain('Connection: close');
    await draining;
    expect(running.kafka.closed).toHaveLength(1);
    expect((await post(running, request(event('b')))).statuses).toEqual([]);
  });

  test('what is on its way when the port closes is answered', async () => {
    const running = await runService();
    await running.service.becomeAble();
    running.kafka.latencyMs = 500;
    const answer = post(running, request(event('a')));
    await expect.poll(() => running.kafka.flying).toBe(1);
    await running.service.drain();
    expect((await answer).statuses).toEqual([200]);
    expect(running.kafka.log).toHaveLength(1);
  });

  test('before it was ever able', async () => {
    const running = await runService({}, () => new Promise(() => undefined));
    const able = running.service.becomeAble();
    await running.service.drain();
    expect(await able).toBe(false);
  });
});

describe('TLS', () => {
  const dir = mkdtempSync(join(tmpdir(), 'landed-tls-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const files = { certFile: join(dir, 'cert.pem'), keyFile: join(dir, 'key.pem') };
  const put = ({ cert, key }: { readonly cert: string; readonly key: string }): void => {
    writeFileSync(files.certFile, cert);
    writeFileSync(files.keyFile, key);
  };

  test('serves over TLS of its own, and takes a new certificate while it runs', async () => {
    const first = selfSigned('first');
    const second = selfSigned('second');
    put(first);
    const running = await start({
      INGEST_TLS_CERT_FILE: files.certFile,
      INGEST_TLS_KEY_FILE: files.keyFile,
      INGEST_TLS_RELOAD_SECONDS: '1',
    });
    const statusWith = (ca: string) =>
      new Promise<number | string>((resolve) => {
        const body = event('tls');
        const headers = Object.fromEntries(
          signedLines(body)
            .slice(1)
            .map((line) => line.split(': ')),
        );
        const options = {
          host: '127.0.0.1',
          port: running.port,
          path: PATH,
          method: 'POST',
          ca,
          agent: false,
        };
        httpsRequest({ ...options, headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        })
          .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
          .end(body);
      });
    expect(await statusWith(first.cert)).toBe(200);
    expect(await statusWith(second.cert)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    put(second);
    await expect.poll(() => statusWith(second.cert), { timeout: 5000 }).toBe(200);
    expect(await running.scrape()).toContain('ingest_certificate_expiry_seconds 2');
  });

  test('a pair that does not fit is not used, and looked at again', async () => {
    const used: string[] = [];
    put(selfSigned('first'));
    const stop = watchCertificate(
      files,
      createLogger('silent'),
      ({ cert }) => void used.push(cert),
      5,
    );
    const second = selfSigned('second');
    writeFileSync(files.certFile, second.cert);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(used).toEqual([]);
    writeFileSync(files.keyFile, second.key);
    await expect.poll(() => used).toEqual([second.cert]);
    stop();
  });
});

test('canary addresses in every field appear in no log, no metric, no key, no header', async () => {
  const running = await start();
  const canary = (name: string): string => `canary-${name}@secret.example`;
  const person = {
    identifiers: { id: canary('id'), email: canary('email'), cio_id: canary('cio') },
    customer_id: canary('customer'),
    email_address: canary('address'),
    recipient: canary('recipient'),
    delivery_id: canary('delivery'),
    subject: `for ${canary('subject')}`,
    failure_message: `550 <${canary('failure')}> unknown`,
    href: `https://shop.example/?to=${encodeURIComponent(canary('href'))}`,
    content: canary('content'),
  };
  const bodies = [
    event(canary('event'), person),
    event('a', { ...person, identifiers: { id: canary('id') } }),
    event('b', { ...person, identifiers: { email: canary('email') } }),
    event('c', { delivery_id: canary('delivery') }),
    JSON.stringify({ event_id: canary('event'), metric: 1, data: person }),
    JSON.stringify({ event_id: 'd', metric: 'sent', timestamp: canary('time'), data: person }),
    `{"broken": "${canary('json')}"`,
    `["${canary('array')}"]`,
  ];
  for (const body of bodies) {
    expect((await post(running, request(body))).statuses).toEqual([200]);
    await post(
      running,
      request(body, { lines: ['Host: x', `X-CIO-Signature: ${canary('header')}`] }),
    );
  }
  await post(running, request('{}', { path: `/v1/${canary('path')}` }));
  const records = running.kafka.written.map((record) => [
    record.key,
    JSON.stringify(record.headers ?? {}),
    record.value.toString('latin1'),
  ]);
  expect(records).toHaveLength(bodies.length);
  const everywhere = `${running.log()}${await running.scrape()}${records.flat().join('\n')}`;
  expect(everywhere).not.toMatch(/canary|secret\.example/);
});

describe('the port for operators', () => {
  test.each([
    ['GET', '/healthz', 200],
    ['HEAD', '/healthz', 200],
    ['GET', '/readyz?x=1', 200],
    ['GET', '/metrics', 200],
    ['GET', '/', 404],
    ['POST', '/metrics', 405],
  ])('%s %s', async (method, path, status) => {
    const running = await start();
    const answer = await fetch(`http://127.0.0.1:${running.opsPort}${path}`, { method });
    expect(answer.status).toBe(status);
  });

  test('a port that is taken is said, not swallowed', async () => {
    const running = await start();
    await expect(runService({ INGEST_PORT: String(running.port) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
