import type { CorpusCase, Message } from './case.ts';
import { BODY, STORED, message, request, signedWith, turnedAway } from './case.ts';
import { PATH } from '../raw-http.ts';

const SIGNED = signedWith(BODY);
const LENGTH = `Content-Length: ${BODY.length}`;
const CHUNKED = 'Transfer-Encoding: chunked';
const inChunks = (body: string, size = body.length.toString(16)): string =>
  `${size}\r\n${body}\r\n0\r\n\r\n`;

type Row = readonly [name: string, message: Omit<Message, 'lines'> & { lines?: readonly string[] }];

/** Framing and heads no parser may take: each with a valid signature, and without one. */
const BROKEN: readonly Row[] = [
  ['length and chunks', { lines: [LENGTH, CHUNKED], body: inChunks(BODY) }],
  ['chunks and length', { lines: [CHUNKED, LENGTH], body: inChunks(BODY) }],
  ['two lengths', { lines: [LENGTH, 'Content-Length: 5'], body: BODY }],
  ['two equal lengths', { lines: [LENGTH, LENGTH], body: BODY }],
  ['a list of lengths', { lines: [`${LENGTH}, ${BODY.length}`], body: BODY }],
  ['a length with a plus', { lines: [`Content-Length: +${BODY.length}`], body: BODY }],
  ['a negative length', { lines: ['Content-Length: -1'], body: BODY }],
  ['a length in exponents', { lines: ['Content-Length: 1e2'], body: BODY }],
  ['a length in hexadecimal', { lines: ['Content-Length: 0x10'], body: BODY }],
  ['a fraction as length', { lines: ['Content-Length: 10.0'], body: BODY }],
  ['a word as length', { lines: ['Content-Length: all'], body: BODY }],
  ['a length that overflows', { lines: [`Content-Length: ${'9'.repeat(40)}`], body: BODY }],
  ['an unknown coding', { lines: ['Transfer-Encoding: xchunked'], body: inChunks(BODY) }],
  [
    'identity after chunked',
    { lines: ['Transfer-Encoding: chunked, identity'], body: inChunks(BODY) },
  ],
  ['gzip after chunked', { lines: ['Transfer-Encoding: chunked, gzip'], body: inChunks(BODY) }],
  ['no coding', { lines: ['Transfer-Encoding: identity'], body: inChunks(BODY) }],
  ['a chunk size that is none', { lines: [CHUNKED], body: inChunks(BODY, 'zz') }],
  ['a negative chunk size', { lines: [CHUNKED], body: inChunks(BODY, '-5') }],
  ['a chunk size with 0x', { lines: [CHUNKED], body: inChunks(BODY, '0x10') }],
  ['a chunk size that overflows', { lines: [CHUNKED], body: inChunks(BODY, 'f'.repeat(20)) }],
  ['a chunk longer than it says', { lines: [CHUNKED], body: inChunks(BODY, '5') }],
  [
    'chunks with bare line feeds',
    { lines: [CHUNKED], body: inChunks(BODY).replaceAll('\r\n', '\n') },
  ],
  ['a space before the colon', { lines: [`Content-Length : ${BODY.length}`], body: BODY }],
  ['a header without a colon', { lines: ['Nonsense', LENGTH], body: BODY }],
  ['a header without a name', { lines: [': a', LENGTH], body: BODY }],
  ['a folded header', { lines: ['X-Fold: a', ' b', LENGTH], body: BODY }],
  ['NUL in a value', { lines: ['X-Nul: a\0b', LENGTH], body: BODY }],
  ['NUL in a name', { lines: ['X-\0Nul: a', LENGTH], body: BODY }],
  ['a bell in a name', { lines: ['X-\x07: a', LENGTH], body: BODY }],
  ['a bare CR in a value', { lines: ['X-Cr: a\rb', LENGTH], body: BODY }],
  ['parentheses in a name', { lines: ['X(1): a', LENGTH], body: BODY }],
  ['umlauts in a name', { lines: ['X-\xfc: a', LENGTH], body: BODY }],
  ['HTTP/9.9', { version: 'HTTP/9.9', lines: [LENGTH], body: BODY }],
  ['HTTP in lower case', { version: 'http/1.1', lines: [LENGTH], body: BODY }],
  ['no version', { version: '', lines: [LENGTH], body: BODY }],
  ['another protocol', { version: 'ICY/1.0', lines: [LENGTH], body: BODY }],
  ['an unknown method', { method: 'FETCH', lines: [LENGTH], body: BODY }],
  ['a method in lower case', { method: 'post', lines: [LENGTH], body: BODY }],
  ['an empty method', { method: '', lines: [LENGTH], body: BODY }],
  ['a space in the target', { target: `${PATH} x`, lines: [LENGTH], body: BODY }],
  ['an empty target', { target: '', lines: [LENGTH], body: BODY }],
];

const TOO_MUCH: readonly (readonly [name: string, message: Row[1], status: number])[] = [
  ['a header of 20 KB', { lines: [`X-Pad: ${'x'.repeat(20_000)}`, LENGTH], body: BODY }, 431],
  ['a name of 20 KB', { lines: [`X-${'x'.repeat(20_000)}: 1`, LENGTH], body: BODY }, 431],
  [
    '1200 headers',
    { lines: [...Array.from({ length: 1200 }, () => 'X-Head: 1'), LENGTH], body: BODY },
    431,
  ],
  ['a target of 20 KB', { target: `/${'x'.repeat(20_000)}`, lines: [LENGTH], body: BODY }, 431],
  [
    'a query of 20 KB',
    { target: `${PATH}?${'x'.repeat(20_000)}`, lines: [LENGTH], body: BODY },
    431,
  ],
  [
    'an extension of 20 KB',
    { lines: [CHUNKED], body: `2;${'x'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n` },
    413,
  ],
  ['an odd expectation', { lines: ['Expect: a miracle', LENGTH], body: BODY }, 417],
  ['a length above the hard limit', { lines: ['Content-Length: 9000000'], body: '' }, 413],
];

const NOT_HTTP: Readonly<Record<string, Buffer>> = {
  'the preface of HTTP/2': Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  'a TLS hello': Buffer.from('16030100c8010000c40303', 'hex'),
  'an SSH banner': Buffer.from('SSH-2.0-OpenSSH_9.9\r\n'),
  SMTP: Buffer.from('EHLO mail.example\r\n'),
  'a Redis command': Buffer.from('*1\r\n$4\r\nPING\r\n'),
  'a Kafka request': Buffer.from('0000000b00120000000000010000ff', 'hex'),
  'a PROXY header': Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n'),
  'a SOCKS greeting': Buffer.from('050100', 'hex'),
  'an answer': Buffer.from('HTTP/1.1 200 OK\r\n\r\n'),
  JSON: Buffer.from(`${BODY}\r\n\r\n`),
  NULs: Buffer.alloc(64),
  FFs: Buffer.alloc(64, 0xff),
};

const TARGETS: readonly (readonly [
  name: string,
  method: string,
  target: string,
  status: number,
])[] = [
  ['the root', 'POST', '/', 404],
  ['another path', 'POST', '/v1/webhooks', 404],
  ['a slash at the end', 'POST', `${PATH}/`, 404],
  ['two slashes', 'POST', `/${PATH}`, 404],
  ['a path that climbs', 'POST', `/v1/x/..${PATH}`, 404],
  ['an encoded slash', 'POST', PATH.replace('/reporting', '%2freporting'), 404],
  ['an encoded letter', 'POST', PATH.replace('r', '%72'), 404],
  ['capitals', 'POST', PATH.toUpperCase(), 404],
  ['NUL, encoded', 'POST', `${PATH}%00`, 404],
  ['a workspace nobody has', 'POST', '/v1/webhooks/customerio/other/reporting', 404],
  ['a prototype as workspace', 'POST', '/v1/webhooks/customerio/__proto__/reporting', 404],
  ['an absolute target', 'POST', `http://landed.example${PATH}`, 404],
  ['an asterisk', 'OPTIONS', '*', 404],
  ['a backslash', 'POST', PATH.replaceAll('/', '\\'), 400],
  ['GET', 'GET', PATH, 405],
  ['HEAD', 'HEAD', PATH, 405],
  ['PUT', 'PUT', PATH, 405],
  ['PATCH', 'PATCH', PATH, 405],
  ['DELETE', 'DELETE', PATH, 405],
  ['OPTIONS', 'OPTIONS', PATH, 405],
  ['TRACE', 'TRACE', PATH, 405],
  ['GET elsewhere', 'GET', '/metrics', 404],
  ['GET health', 'GET', '/healthz', 404],
  ['a workspace of its own', 'POST', '/v1/webhooks/customerio/acme/reporting', 200],
];

function withAndWithout([name, { lines = [], ...rest }]: Row, status: number): CorpusCase[] {
  return [
    {
      group: 'http',
      name: `${name}, unsigned`,
      bytes: message({ ...rest, lines: ['Host: landed.example', ...lines] }),
      expected: turnedAway(status),
    },
    {
      group: 'http',
      name,
      bytes: message({ ...rest, lines: [...SIGNED, ...lines] }),
      expected: turnedAway(status),
    },
  ];
}

/** Heads, framing, targets and methods: what the parser and the paths answer. */
export function httpCases(): CorpusCase[] {
  const noHost = message({ lines: [...SIGNED.slice(1), LENGTH], body: BODY });
  return [
    ...BROKEN.flatMap((row) => withAndWithout(row, 400)),
    ...TOO_MUCH.flatMap(([name, made, status]) => withAndWithout([name, made], status)),
    ...Object.entries(NOT_HTTP).map(([name, bytes]) => ({
      group: 'http',
      name,
      bytes,
      expected: turnedAway(400),
    })),
    { group: 'http', name: 'no Host', bytes: noHost, expected: turnedAway(400) },
    ...TARGETS.map(([name, method, target, status]) => ({
      group: 'target',
      name,
      bytes: message({ method, target, lines: [...SIGNED, LENGTH], body: BODY }),
      expected: status === 200 ? STORED : turnedAway(status),
    })),
    {
      group: 'target',
      name: 'in chunks',
      bytes: message({ lines: [...SIGNED, CHUNKED], body: inChunks(BODY) }),
      expected: STORED,
    },
    {
      group: 'target',
      name: 'a trailer that would sign',
      bytes: message({
        lines: [...SIGNED, CHUNKED],
        body: `${inChunks(BODY).slice(0, -2)}X-CIO-Signature: 0\r\n\r\n`,
      }),
      expected: STORED,
    },
    {
      group: 'target',
      name: 'HTTP/1.0',
      bytes: message({ version: 'HTTP/1.0', lines: [...SIGNED, LENGTH], body: BODY }),
      expected: STORED,
    },
    {
      group: 'target',
      // The parser takes the words; the protocol spoken is still HTTP/1.
      name: 'HTTP/2.0 in words',
      bytes: message({ version: 'HTTP/2.0', lines: [...SIGNED, LENGTH], body: BODY }),
      expected: STORED,
    },
    {
      group: 'target',
      name: 'two Hosts',
      bytes: request(BODY, ['Host: y', ...SIGNED]),
      expected: STORED,
    },
  ];
}
