import { gzipSync } from 'node:zlib';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PATH } from './call.ts';
import { forEachProxy } from './for-each-proxy.ts';
import { FIRST, createStand, signed } from './stand.ts';
import type { Stand } from './stand.ts';

/* The samples, filled in, as real programs in front of the real service, which stores in memory. */

const MIB = 1024 * 1024;
const SECRET = 'a-shared-secret-of-today';

forEachProxy('in front of the service', (program) => {
  const { name } = program;
  let stand: Stand;
  beforeEach(async () => {
    stand = await createStand(program);
  });
  afterEach(() => stand.end());

  test('its own check accepts the sample, and not a broken one', async () => {
    const checked = await program.check(stand.filling());
    expect(checked, checked.text).toMatchObject({ code: 0 });
    const broken = await program.check({ ...stand.filling(), certFile: '/nowhere' });
    expect(broken.code).toBe(1);
  });

  test('a signed call is stored and answered 200', async () => {
    const { kafka } = await stand.service(FIRST);
    const { send } = await stand.proxy();
    const reply = await send('01STORED');
    expect(reply).toMatchObject({ status: 200, body: '{"status":"stored"}', error: null });
    expect(kafka.log).toEqual(['acme/cio:a90c07000041']);
  });

  const bodies: readonly (readonly [string, Uint8Array, string])[] = [
    ['every byte there is', Uint8Array.from({ length: 1024 }, (_, at) => at % 256), 'not_utf8'],
    [
      'escapes and line ends',
      Buffer.from('{"a":"\\u0026\\/",\r\n\t"b":1e2 }\n'),
      'missing_event_id',
    ],
    ['compressed bytes', gzipSync('{"a":1}'), 'not_utf8'],
    ['nothing', new Uint8Array(), 'not_json'],
    ['2 MiB', Buffer.alloc(2 * MIB, '{"a":1} '), 'body_too_large'],
    ['8 MiB', Buffer.alloc(8 * MIB, 0xff), 'body_too_large'],
  ];
  test.each(bodies)('%s arrives byte for byte: the signature holds', async (_, body, reason) => {
    await stand.service(FIRST);
    const { call } = await stand.proxy();
    const encoding = ['Content-Encoding', 'gzip', 'Content-Type', 'application/json'];
    const headers = [...signed(body), ...encoding];
    const expected = { status: 200, body: JSON.stringify({ status: 'quarantined', reason }) };
    expect(await call({ body, headers })).toMatchObject(expected);
    const chunked = [...headers, 'Transfer-Encoding', 'chunked'];
    expect(await call({ body, headers: chunked, isChunked: true })).toMatchObject(expected);
  });

  test('refusals of the service pass unchanged', async () => {
    await stand.service(FIRST);
    const { call } = await stand.proxy();
    const twice = [...signed('{}'), ...signed('{}')];
    const expectReply = async (options: Parameters<typeof call>[0], expected: object) => {
      const reply = await call(options);
      expect({ ...reply, body: JSON.parse(reply.body) as unknown }).toMatchObject(expected);
    };
    const refused = (reason: string) => ({
      status: 401,
      body: { status: 'refused', reason },
      headers: {
        'www-authenticate': 'HMAC-SHA256 realm="webhooks"',
        'cache-control': 'no-store',
      },
    });
    await expectReply({ body: '{}' }, refused('missing_signature'));
    await expectReply({ body: '{}', headers: twice }, refused('repeated_signature'));
    await expectReply({ body: '{ }', headers: signed('{}') }, refused('wrong_signature'));
    await expectReply({ method: 'GET' }, { status: 405, headers: { allow: 'POST' } });
    const missing = { status: 404, body: { status: 'refused', reason: 'not_found' } };
    await expectReply({ path: '/v1/webhooks/customerio/other/reporting' }, missing);
  });

  test("the service's own 503 passes with its reason", async () => {
    await stand.service(FIRST, {}, false);
    const { send } = await stand.proxy();
    const reply = await send('01EARLY');
    expect(reply).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(reply.body).toContain('"reason":"starting"');
  });

  // Caddy stops reading once it has the answer: a sender that is still writing may miss it.
  const tooLarge = name === 'nginx' ? [413] : [413, 503, 0];
  test(`a body above 8 MiB is answered ${tooLarge.join(' or ')}, and far above it too`, async () => {
    const { kafka } = await stand.service(FIRST);
    const { call } = await stand.proxy();
    for (const size of [8 * MIB + 1, 10_000_000, 12 * MIB]) {
      const body = Buffer.alloc(size, 'x');
      expect(tooLarge).toContain((await call({ body, headers: signed(body) })).status);
      const headers = [...signed(body), 'Transfer-Encoding', 'chunked'];
      expect(tooLarge).toContain((await call({ body, headers, isChunked: true })).status);
    }
    expect(kafka.written).toEqual([]);
  });

  test('nothing but webhooks is public', async () => {
    const upstream = await stand.upstream(FIRST);
    const { call } = await stand.proxy();
    const paths = ['/', '/metrics', '/healthz', '/v1/webhooks/../../metrics', '/v1/profiles/id:1'];
    for (const path of paths) {
      expect(await call({ method: 'GET', path }), path).toMatchObject({ status: 404 });
    }
    expect(upstream.arrivals).toEqual([]);
  });

  test('a call to another name of the host is not answered 200 unless it is stored', async () => {
    const { kafka } = await stand.service(FIRST);
    const { send } = await stand.proxy();
    const reply = await send('01OTHER', { host: 'other.example.com' });
    expect(reply).toMatchObject({ status: 200, body: '{"status":"stored"}' });
    expect(kafka.written).toHaveLength(1);
  });

  test('what a client says about its own address changes nothing', async () => {
    await stand.service(FIRST, {
      INGEST_ALLOWLIST_MODE: 'enforce',
      INGEST_ALLOWLIST: '127.0.0.2',
      INGEST_TRUSTED_PROXIES: '127.0.0.1',
    });
    const { send } = await stand.proxy();
    const claims = ['X-Forwarded-For', '127.0.0.2', 'Forwarded', 'for=127.0.0.2'];
    expect(await send('01LISTED', { from: '127.0.0.2' })).toMatchObject({ status: 200 });
    const spoofed = await send('01SPOOFED', { from: '127.0.0.3', headers: claims });
    expect(spoofed.status).toBe(401);
    expect(spoofed.body).toContain('not_allowed');
    const twice = [...claims, 'x-forwarded-for', '127.0.0.2, 127.0.0.1'];
    const spoofedTwice = await send('01TWICE', { from: '127.0.0.3', headers: twice });
    expect(spoofedTwice.status).toBe(401);
    const modest = ['X-Forwarded-For', '203.0.113.9'];
    const listed = await send('01MODEST', { from: '127.0.0.2', headers: modest });
    expect(listed.status).toBe(200);
  });

  test('the log shows neither secrets of a path, nor queries, headers or bodies', async () => {
    const { service } = await stand.service(FIRST, {
      INGEST_TEMPORARY_CONTROL: 'path',
      CUSTOMERIO_TEMPORARY_SECRETS: `acme:${SECRET}`,
    });
    const { send, call, logged, accessLog } = await stand.proxy();
    const path = `/v1/webhooks/customerio/acme/reporting/${SECRET}`;
    const query = 'mail=ada@example.org';
    expect(await send('01LET', { path: `${path}?${query}` })).toMatchObject({ status: 200 });
    const plain = await call({ path: `${PATH}/${SECRET}`, body: '{}' });
    expect(plain.status).toBe(200);
    await call({ path: `/elsewhere/${SECRET}` });
    await call({ path, body: Buffer.alloc(12 * MIB) });
    await service.drain();
    expect(await send('01GONE', { path: `${path}?${query}` })).toMatchObject({ status: 503 });
    const workspacePath = '/v1/webhooks/customerio/acme/reporting"';
    await expect.poll(() => accessLog().split(workspacePath).length).toBe(4);
    expect(accessLog()).toContain(`${PATH}"`);
    for (const word of [
      SECRET,
      'mail=',
      'ada@',
      '01LET',
      'a90c07000041',
      'ignature',
      'elsewhere',
    ]) {
      expect(logged()).not.toContain(word);
    }
  });

  test('TLS below 1.2 is refused, and HTTP/2 is not offered', async () => {
    await stand.service(FIRST);
    const proxy = await stand.proxy();
    const meet = (options: object): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect({
          ...{ host: '127.0.0.1', port: proxy.port, servername: 'hooks.example.com' },
          ...{ ca: stand.ca, timeout: 5000, ...options },
        });
        const tell = (text: string): void => {
          socket.destroy();
          resolve(text);
        };
        socket.once('secureConnect', () => {
          tell(`${socket.getProtocol() ?? ''} ${String(socket.alpnProtocol)}`);
        });
        socket.once('error', (error: NodeJS.ErrnoException) => tell(error.code ?? ''));
        socket.once('timeout', () => tell('silence'));
      });
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    expect(await meet(old)).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    expect(await meet({ maxVersion: 'TLSv1.2' })).toMatch(/^TLSv1.2/);
    expect(await meet({ ALPNProtocols: ['h2', 'http/1.1'] })).toBe('TLSv1.3 http/1.1');
  });
});
