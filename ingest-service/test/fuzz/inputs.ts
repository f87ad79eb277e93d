import fc from 'fast-check';
import { BODY, SIGNED_AT, signature } from '../corpus/case.ts';
import { storedCorpus } from '../corpus/files.ts';
import { PATH } from '../raw-http.ts';

/** A change to bytes: what, where (a share of their length), how many, and with what. */
type Mutation = {
  readonly kind: 'cut' | 'repeat' | 'set' | 'insert' | 'end' | 'swap';
  readonly at: number;
  readonly count: number;
  readonly byte: number;
};

function mutate(bytes: Buffer, { kind, at, count, byte }: Mutation): Buffer {
  const from = Math.floor(at * bytes.length);
  const until = Math.min(bytes.length, from + count);
  const [before, part, after] = [
    bytes.subarray(0, from),
    bytes.subarray(from, until),
    bytes.subarray(until),
  ];
  switch (kind) {
    case 'cut':
      return Buffer.concat([before, after]);
    case 'repeat':
      return Buffer.concat([before, part, part, after]);
    case 'set':
      return Buffer.concat([before, Buffer.alloc(part.length, byte), after]);
    case 'insert':
      return Buffer.concat([before, Buffer.alloc(Math.min(count, 8), byte), part, after]);
    case 'end':
      return before;
    case 'swap':
      return Buffer.concat([part, before, after]);
  }
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom<Mutation['kind']>('cut', 'repeat', 'set', 'insert', 'swap', 'set', 'end'),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  count: fc.integer({ min: 1, max: 40 }),
  byte: fc.oneof(
    fc.constantFrom(0, 9, 10, 13, 32, 34, 44, 48, 58, 123, 125, 127, 128, 255),
    fc.integer({ min: 0, max: 255 }),
  ),
});

const method = fc.oneof(
  { weight: 8, arbitrary: fc.constant('POST') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('GET', 'PUT', 'HEAD', 'OPTIONS', 'TRACE', 'CONNECT', 'PRI', 'post'),
  },
);
const target = fc.oneof(
  { weight: 8, arbitrary: fc.constant(PATH) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '/',
      '*',
      `${PATH}/`,
      `${PATH}?a=%00`,
      `http://x${PATH}`,
      '//',
      '/v1/../..',
      '',
    ),
  },
  { weight: 1, arbitrary: fc.webPath() },
);
const body = fc.oneof(
  fc.constant(BODY),
  fc.json({ maxDepth: 5 }),
  fc
    .record({
      event_id: fc.jsonValue(),
      metric: fc.jsonValue(),
      timestamp: fc.jsonValue(),
      data: fc.jsonValue(),
    })
    .map((event) => JSON.stringify(event)),
  fc.string({ unit: 'binary', maxLength: 300 }),
);
const odd = fc.constantFrom(
  'Expect: 100-continue',
  'Expect: x',
  'Connection: close',
  'Connection: upgrade',
  'Upgrade: h2c',
  'Upgrade: websocket',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Content-Length: 0',
  'Content-Length: 3',
  'Content-Encoding: br',
  'X-CIO-Signature: 00',
  'X-CIO-Timestamp: 1',
  'X-Forwarded-For: 1.2.3.4, ::1',
  'Trailer: X-CIO-Signature',
  'TE: trailers',
  'X: \x80\xff',
  'Host: y',
);

const built = fc
  .record({
    method,
    target,
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0'),
    body,
    isSigned: fc.boolean(),
    framing: fc.constantFrom('length', 'length', 'length', 'chunked', 'none'),
    odds: fc.array(odd, { maxLength: 3 }),
    end: fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\n'),
  })
  .map((made): Buffer => {
    const content = Buffer.from(made.body);
    const isChunked = made.framing === 'chunked';
    const lines = [
      `${made.method} ${made.target} ${made.version}`,
      'Host: x',
      ...(made.isSigned
        ? [`X-CIO-Timestamp: ${SIGNED_AT}`, `X-CIO-Signature: ${signature(content)}`]
        : []),
      ...(made.framing === 'length' ? [`Content-Length: ${content.length}`] : []),
      ...(isChunked ? ['Transfer-Encoding: chunked'] : []),
      ...made.odds,
    ];
    const head = Buffer.from(lines.join(made.end) + made.end + made.end, 'latin1');
    const chunk = Buffer.concat([
      Buffer.from(`${content.length.toString(16)}\r\n`),
      content,
      Buffer.from('\r\n0\r\n\r\n'),
    ]);
    return Buffer.concat([head, isChunked && content.length > 0 ? chunk : content]);
  });

/** Bytes for one connection: of the corpus, by the grammar of a request, or any; then changed. */
export function inputs(): fc.Arbitrary<Buffer> {
  // Large files say little and cost much.
  const corpus = storedCorpus()
    .map(({ bytes }) => bytes)
    .filter(({ length }) => length < 4000);
  const base = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...corpus) },
    { weight: 4, arbitrary: built },
    {
      weight: 1,
      arbitrary: fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    },
  );
  return fc
    .tuple(base, fc.array(mutation, { maxLength: 4 }))
    .map(([bytes, mutations]) => mutations.reduce(mutate, bytes));
}
