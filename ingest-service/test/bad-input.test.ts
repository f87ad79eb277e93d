import { randomBytes } from 'node:crypto';
import { createSealer } from '@landed/schemas/seal';
import { readDeadLetterHeaders } from '@landed/schemas/dead-letter';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PATH, event, exchange, request, signedLines } from './raw-http.ts';
import { runService } from './running-service.ts';
import type { RunningService } from './running-service.ts';
import { SEAL_KEY } from './settings.ts';

/*
 * Bytes as a socket may bring them, against the whole service over a fake Kafka. Whatever comes, the
 * answer is one of the table, the process goes on, and what was authentic is stored.
 */

const MIB = 1024 * 1024;
const sealer = createSealer([{ id: 'k1', key: SEAL_KEY }]);
let running: RunningService;

beforeAll(async () => {
  running = await runService({ INGEST_DEADLINE_MS: '600' });
  await running.service.becomeAble();
});
afterAll(async () => {
  await running.service.drain();
});

const send = (bytes: string | Uint8Array, answers?: number) =>
  exchange(running.port, { parts: [bytes], ...(answers === undefined ? {} : { answers }) });

const body = event('01BAD');
const chunked = (content: string, size = content.length.toString(16)): string =>
  `${size}\r\n${content}\r\n0\r\n\r\n`;
const head = (...lines: readonly string[]): string =>
  [`POST ${PATH} HTTP/1.1`, ...signedLines(body), ...lines, '', ''].join('\r\n');

describe('no HTTP, or none we take: answered by the parser, the connection ends', () => {
  test.each<[string, string | Uint8Array, number]>([
    [
      'length and chunks together',
      head('Content-Length: 5', 'Transfer-Encoding: chunked') + chunked(body),
      400,
    ],
    ['two lengths', head(`Content-Length: ${body.length}`, 'Content-Length: 5') + body, 400],
    [
      'two equal lengths',
      head(`Content-Length: ${body.length}`, `Content-Length: ${body.length}`) + body,
      400,
    ],
    ['a length with a plus', head('Content-Length: +2') + '{}', 400],
    ['a list of lengths', head('Content-Length: 2, 2') + '{}', 400],
    ['a negative length', head('Content-Length: -1'), 400],
    ['a length in exponents', head('Content-Length: 1e1') + '0123456789', 400],
    ['a length that overflows', head(`Content-Length: ${'9'.repeat(30)}`), 400],
    ['an unknown transfer coding', head('Transfer-Encoding: xchunked') + chunked(body), 400],
    ['chunked, then identity', head('Transfer-Encoding: chunked, identity') + chunked(body), 400],
    ['a chunk size that is none', head('Transfer-Encoding: chunked') + chunked(body, 'zz'), 400],
    ['a space before the colon', head('Content-Length : 2') + '{}', 400],
    ['a folded header', head('X-Fold: a', '  b', 'Content-Length: 2') + '{}', 400],
    ['NUL in a header', head('X-Nul: a\0b', 'Content-Length: 2') + '{}', 400],
    ['a bare carriage return', `POST ${PATH} HTTP/1.1\rHost: x\r\n\r\n`, 400],
    ['no Host', `POST ${PATH} HTTP/1.1\r\nContent-Length: 0\r\n\r\n`, 400],
    ['another protocol version', `POST ${PATH} HTTP/9.9\r\nHost: x\r\n\r\n`, 400],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a TLS hello', Buffer.from('160301020001000001fc0303', 'hex'), 400],
    ['an unknown method', 'FETCH / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['noise', randomBytes(600).map((byte) => byte | 0x80), 400],
    ['20 KB of headers', head(`X-Pad: ${'x'.repeat(20_000)}`), 431],
    ['70 headers', head(...Array.from({ length: 70 }, () => 'a: 1')), 431],
    ['1100 headers', head(...Array.from({ length: 1100 }, () => 'a:')), 431],
    ['a path of 20 KB', `POST /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    [
      'an extension of 20 KB',
      `${head('Transfer-Encoding: chunked')}2;${'x'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
      413,
    ],
    ['an odd expectation', head('Expect: a miracle', 'Content-Length: 2') + '{}', 417],
  ])('%s', async (_name, bytes, status) => {
    const { statuses } = await send(bytes, 1);
    expect(statuses).toEqual([status]);
  });
});

describe('not a webhook', () => {
  test.each<[string, string, string, number]>([
    ['another path', 'POST', '/v1/webhooks/customerio', 404],
    ['a workspace nobody has', 'POST', '/v1/webhooks/customerio/other/reporting', 404],
    ['a slash at the end', 'POST', `${PATH}/`, 404],
    ['a path that climbs', 'POST', `/v1/x/..${PATH}`, 404],
    ['an absolute target', 'POST', `http://landed.example${PATH}`, 404],
    ['GET', 'GET', PATH, 405],
    ['PUT', 'PUT', PATH, 405],
    ['DELETE', 'DELETE', PATH, 405],
    ['OPTIONS', 'OPTIONS', PATH, 405],
    ['GET elsewhere', 'GET', '/', 404],
  ])('%s', async (_name, method, path, status) => {
    const { statuses, text } = await send(request(body, { method, path }), 1);
    expect(statuses).toEqual([status]);
    if (status === 405) expect(text).toMatch(/\r\nAllow: POST\r\n/);
    expect(text).not.toMatch(/x-powered-by|etag/i);
  });
});

describe('not authentic', () => {
  const wrong = signedLines('another body');
  test.each<[string, readonly string[]]>([
    ['no signature', ['Host: x']],
    ['a signature of another body', wrong],
    ['two signatures', [...signedLines(body), ...signedLines(body).slice(2)]],
    ['digits that are none', signedLines(body).map((line) => line.replace(/[0-9a-f]{2}$/, 'zz'))],
    [
      'a signature too long',
      signedLines(body).map((line) => line.replace(/^(X-CIO-Sig.*)$/, '$1zz')),
    ],
  ])('%s: 401, nothing stored', async (_name, lines) => {
    const before = running.kafka.written.length;
    const { statuses, text } = await send(request(body, { lines }), 1);
    expect(statuses).toEqual([401]);
    expect(text).toContain('WWW-Authenticate: ');
    expect(running.kafka.written.length).toBe(before);
  });

  test('rubbish of 2 MiB without a signature is read, refused, and the connection goes on', async () => {
    const large = request(Buffer.alloc(2 * MIB, 'x'), { lines: ['Host: x'] });
    const { statuses } = await send(Buffer.concat([large, request(body)]), 2);
    expect(statuses).toEqual([401, 200]);
  });
});

describe('authentic and stored', () => {
  test.each<[string, Buffer]>([
    ['as the sender does', request(body)],
    [
      'content type and encoding are not acted on',
      request(body, {
        lines: [...signedLines(body), 'Content-Type: text/x', 'Content-Encoding: br'],
      }),
    ],
    ['two Host headers', request(body, { lines: ['Host: y', ...signedLines(body)] })],
    ['HTTP/1.0', request(body, { version: 'HTTP/1.0' })],
    [
      'an upgrade nobody asked for',
      request(body, { lines: [...signedLines(body), 'Connection: Upgrade', 'Upgrade: h2c'] }),
    ],
    ['a query', request(body, { path: `${PATH}?source=x` })],
    [
      'the path of the workspace',
      request(body, { path: '/v1/webhooks/customerio/acme/reporting' }),
    ],
    ['in chunks', Buffer.from(head('Transfer-Encoding: chunked') + chunked(body))],
    [
      'in chunks with a trailer',
      Buffer.from(
        `${head('Transfer-Encoding: chunked')}${chunked(body).slice(0, -2)}X-CIO-Signature: x\r\n\r\n`,
      ),
    ],
    [
      'an expectation we meet',
      request(body, { lines: [...signedLines(body), 'Expect: 100-continue'] }),
    ],
  ])('%s', async (_name, bytes) => {
    const before = running.kafka.written.length;
    const { statuses, text } = await send(bytes, 1);
    expect(statuses).toEqual([200]);
    expect(text).toContain('{"status":"stored"}');
    expect(running.kafka.written.length).toBe(before + 1);
    expect(running.kafka.written.at(-1)).toMatchObject({ key: 'acme/cio:a90c07000041' });
  });

  test('byte by byte', async () => {
    const parts = [...request(body)].map((byte) => Buffer.from([byte]));
    const { statuses } = await exchange(running.port, { parts, answers: 1 });
    expect(statuses).toEqual([200]);
  });

  test('three in one write', async () => {
    const three = Buffer.concat(['a', 'b', 'c'].map((id) => request(event(id))));
    const { statuses } = await send(three, 3);
    expect(statuses).toEqual([200, 200, 200]);
  });
});

describe('authentic but unusable: a dead letter, 200 with the reason', () => {
  test.each<[string, string | Buffer, string]>([
    ['nothing', '', 'not_json'],
    ['no JSON', 'hello', 'not_json'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'not_utf8'],
    ['a list', `[${body}]`, 'not_object'],
    ['deep', `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`, 'too_deep'],
    ['no event id', '{"metric":"sent","timestamp":1}', 'missing_event_id'],
    ['no metric', '{"event_id":"a","timestamp":1}', 'missing_metric'],
    ['no timestamp', '{"event_id":"a","metric":"sent"}', 'missing_timestamp'],
    [
      'the format of before 2020',
      '{"event_id":"a","event_type":"email_opened","timestamp":1}',
      'legacy_format',
    ],
    ['a gzipped body', Buffer.from('1f8b0800000000000003', 'hex'), 'not_utf8'],
  ])('%s', async (_name, content, reason) => {
    const { statuses, text } = await send(request(content), 1);
    expect(statuses).toEqual([200]);
    expect(text).toContain(`{"status":"quarantined","reason":"${reason}"}`);
    const record = running.kafka.written.at(-1)!;
    expect(sealer.open(record.value).equals(Buffer.from(content))).toBe(true);
    expect(readDeadLetterHeaders(record.headers ?? {})).toMatchObject({
      reason,
      isTruncated: false,
    });
  });

  test('above the soft limit: its first MiB, size and hash', async () => {
    const content = Buffer.alloc(MIB + 17, '{"a":1}');
    const { statuses, text } = await send(request(content), 1);
    expect(statuses).toEqual([200]);
    expect(text).toContain('body_too_large');
    const record = running.kafka.written.at(-1)!;
    expect(sealer.open(record.value).equals(content.subarray(0, MIB))).toBe(true);
    expect(readDeadLetterHeaders(record.headers ?? {})).toMatchObject({
      originalBytes: MIB + 17,
      isTruncated: true,
    });
  });

  test('at the soft limit it is an event like any other', async () => {
    const empty = event('large', { pad: '' });
    const content = event('large', { pad: 'x'.repeat(MIB - empty.length) });
    expect(content).toHaveLength(MIB);
    const { text } = await send(request(content), 1);
    expect(text).toContain('{"status":"stored"}');
  });

  test('at the hard limit it is still a dead letter', async () => {
    const { statuses } = await send(request(Buffer.alloc(8 * MIB, 'x')), 1);
    expect(statuses).toEqual([200]);
  });
});

describe('size', () => {
  test('a declared length above the hard limit: 413 before anything is sent', async () => {
    const { statuses, elapsedMs, isReset } = await send(request('', { length: String(9 * MIB) }));
    expect(statuses).toEqual([413]);
    expect(elapsedMs).toBeLessThan(2000);
    expect(isReset).toBe(false);
  });

  test('a body above the hard limit that is sent anyway: 413 arrives, no reset', async () => {
    const { statuses, text, isReset } = await send(request(Buffer.alloc(9 * MIB, 'x')));
    expect(statuses).toEqual([413]);
    expect(text).toContain('Connection: close');
    expect(isReset).toBe(false);
  });

  test('chunks above the hard limit: 413', async () => {
    const chunk = `100000\r\n${'x'.repeat(MIB)}\r\n`;
    const { statuses } = await send(head('Transfer-Encoding: chunked') + chunk.repeat(9));
    expect(statuses).toEqual([413]);
  });

  test('a body that is asked for before it is sent is not asked for when it is too large', async () => {
    const lines = [...signedLines(''), 'Expect: 100-continue'];
    const { statuses, text } = await send(request('', { lines, length: String(9 * MIB) }));
    expect(statuses).toEqual([413]);
    expect(text).not.toContain('100 Continue');
  });
});

describe('time', () => {
  test('a body that stops half way: 503 at our own deadline', async () => {
    const bytes = request(body).subarray(0, -5);
    const { statuses, text, elapsedMs } = await send(bytes);
    expect(statuses).toEqual([503]);
    expect(text).toMatch(/Retry-After: \d+/);
    expect(elapsedMs).toBeGreaterThan(550);
    expect(elapsedMs).toBeLessThan(2500);
  });

  test('headers that do not end: 408 after three seconds', async () => {
    const { statuses, elapsedMs } = await send(`POST ${PATH} HTTP/1.1\r\nHost: x\r\n`);
    expect(statuses).toEqual([408]);
    expect(elapsedMs).toBeLessThan(5000);
  });

  test('a sender that goes away in the middle leaves nothing behind', async () => {
    const bytes = request(body).subarray(0, -5);
    await Promise.all(
      Array.from({ length: 50 }, () =>
        exchange(running.port, { parts: [bytes], isHalfClosed: true }),
      ),
    );
    await expect.poll(() => running.scrape()).toContain('ingest_inflight_requests 0\n');
    await expect.poll(() => running.scrape()).toContain('ingest_inflight_bytes 0\n');
  });
});

test('after all of this nothing was unexpected, and the service goes on', async () => {
  const scrape = await running.scrape();
  expect(scrape).not.toContain('reason="unexpected"');
  expect(running.log()).not.toContain('"level":"error"');
  const { statuses } = await send(request(body), 1);
  expect(statuses).toEqual([200]);
});
