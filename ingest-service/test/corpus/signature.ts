import type { Refusal } from '../../src/verify.ts';
import type { CorpusCase } from './case.ts';
import { BODY, SIGNED_AT, STORED, message, refused, request, signature } from './case.ts';
import { PATH, signatureOf } from '../raw-http.ts';

const GOOD = signature(BODY);
const OTHER_KEY = 'cio-test-signing-key-2';

const lines = (timestamp: string | null, sign: string | null): string[] => [
  'Host: landed.example',
  ...(timestamp === null ? [] : [`X-CIO-Timestamp: ${timestamp}`]),
  ...(sign === null ? [] : [`X-CIO-Signature: ${sign}`]),
];

const base64 = Buffer.from(GOOD, 'hex').toString('base64');

/** The signature header as it may not be, with everything else right. */
const SIGNATURES: readonly (readonly [name: string, value: string, reason: Refusal])[] = [
  ['an empty signature', '', 'malformed_signature'],
  ['63 digits', GOOD.slice(1), 'malformed_signature'],
  ['65 digits', `${GOOD}0`, 'malformed_signature'],
  ['zz behind', `${GOOD}zz`, 'malformed_signature'],
  ['zz inside', `zz${GOOD.slice(2)}`, 'malformed_signature'],
  ['base64', base64, 'malformed_signature'],
  ['base64url', base64.replaceAll('+', '-').replaceAll('/', '_'), 'malformed_signature'],
  ['a version before it', `v0=${GOOD}`, 'malformed_signature'],
  ['an algorithm before it', `sha256=${GOOD}`, 'malformed_signature'],
  ['0x before it', `0x${GOOD}`, 'malformed_signature'],
  ['quotes around it', `"${GOOD}"`, 'malformed_signature'],
  ['two with a comma', `${GOOD}, ${GOOD}`, 'malformed_signature'],
  ['two with a space', `${GOOD} ${GOOD}`, 'malformed_signature'],
  ['a space inside', `${GOOD.slice(0, 32)} ${GOOD.slice(32)}`, 'malformed_signature'],
  ['half of it', GOOD.slice(0, 32), 'malformed_signature'],
  ['all zeros', '0'.repeat(64), 'wrong_signature'],
  ['all f', 'f'.repeat(64), 'wrong_signature'],
  [
    'its bytes turned around',
    Buffer.from(GOOD, 'hex').reverse().toString('hex'),
    'wrong_signature',
  ],
  ['one digit wrong', `${GOOD.slice(0, -1)}${GOOD.endsWith('0') ? '1' : '0'}`, 'wrong_signature'],
  ['of another key', signatureOf(BODY, SIGNED_AT, OTHER_KEY), 'wrong_signature'],
  ['of an empty key', signatureOf(BODY, SIGNED_AT, ''), 'wrong_signature'],
  ['of another timestamp', signature(BODY, '1767225601'), 'wrong_signature'],
  ['of another body', signature(`${BODY} `), 'wrong_signature'],
  ['of an empty body', signature(''), 'wrong_signature'],
  ['of the body alone', signatureOf(BODY, '').slice(0, 64), 'wrong_signature'],
];

const TIMESTAMPS: readonly (readonly [name: string, value: string, reason: Refusal])[] = [
  ['an empty timestamp', '', 'malformed_timestamp'],
  ['a negative timestamp', `-${SIGNED_AT}`, 'malformed_timestamp'],
  ['a timestamp with a plus', `+${SIGNED_AT}`, 'malformed_timestamp'],
  ['a fraction', `${SIGNED_AT}.0`, 'malformed_timestamp'],
  ['an exponent', '1e9', 'malformed_timestamp'],
  ['hexadecimal', '0x69555580', 'malformed_timestamp'],
  ['ms', `${SIGNED_AT}000`, 'malformed_timestamp'],
  ['twenty digits', '9'.repeat(20), 'malformed_timestamp'],
  ['a date', '2026-01-01T00:00:00Z', 'malformed_timestamp'],
  ['a word', 'now', 'malformed_timestamp'],
  ['a colon and more', `${SIGNED_AT}:1`, 'malformed_timestamp'],
  ['a space inside', `17672 25600`, 'malformed_timestamp'],
  ['two with a comma', `${SIGNED_AT}, ${SIGNED_AT}`, 'malformed_timestamp'],
  ['digits beyond ASCII', 'ï¼\u0091ï¼\u0092', 'malformed_timestamp'],
];

function malformed(): CorpusCase[] {
  const signatures = SIGNATURES.map(([name, value, reason]) => ({
    group: 'signature',
    name,
    bytes: request(BODY, lines(SIGNED_AT, value)),
    expected: refused(reason),
  }));
  const timestamps = TIMESTAMPS.map(([name, value, reason]) => ({
    group: 'signature',
    name: `timestamp: ${name}`,
    // Signed with what it says, so that only its shape is at fault.
    bytes: request(BODY, lines(value, signature(BODY, value))),
    expected: refused(reason),
  }));
  return [...signatures, ...timestamps];
}

function presence(): CorpusCase[] {
  const both = lines(SIGNED_AT, GOOD);
  const twice = (line: number): string[] => [...both, both[line] ?? ''];
  const cases: readonly (readonly [string, readonly string[], Refusal])[] = [
    ['no signature', lines(SIGNED_AT, null), 'missing_signature'],
    ['no timestamp', lines(null, GOOD), 'missing_timestamp'],
    ['neither', lines(null, null), 'missing_signature'],
    ['the signature twice', twice(2), 'repeated_signature'],
    ['the timestamp twice', twice(1), 'repeated_timestamp'],
    [
      'another signature first',
      [...lines(SIGNED_AT, '0'.repeat(64)), both[2] ?? ''],
      'repeated_signature',
    ],
    [
      'the signature under another name',
      [...lines(SIGNED_AT, null), `X-Signature: ${GOOD}`],
      'missing_signature',
    ],
    [
      'underscores',
      ['Host: x', `X_CIO_Timestamp: ${SIGNED_AT}`, `X_CIO_Signature: ${GOOD}`],
      'missing_signature',
    ],
    ['in the query only', ['Host: x'], 'missing_signature'],
    [
      '60 headers beside',
      [...both, ...Array.from({ length: 60 }, (_, n) => `X-${n}: 1`)],
      'too_many_headers',
    ],
  ];
  return cases.map(([name, given, reason]) => ({
    group: 'signature',
    name,
    bytes: request(BODY, given),
    expected: refused(reason),
  }));
}

/** Requests that look odd and are authentic all the same. */
function accepted(): CorpusCase[] {
  const length = `Content-Length: ${BODY.length}`;
  const cases: readonly (readonly [string, Buffer])[] = [
    ['as the sender does', request(BODY, lines(SIGNED_AT, GOOD))],
    ['capitals', request(BODY, lines(SIGNED_AT, GOOD.toUpperCase()))],
    [
      'header names in lower case',
      request(
        BODY,
        lines(SIGNED_AT, GOOD).map((line) => line.toLowerCase()),
      ),
    ],
    [
      'header names in capitals',
      request(BODY, ['HOST: X', `X-CIO-TIMESTAMP: ${SIGNED_AT}`, `X-CIO-SIGNATURE: ${GOOD}`]),
    ],
    [
      'spaces around the values',
      request(BODY, [
        'Host: x',
        `X-CIO-Timestamp:   ${SIGNED_AT}  `,
        `X-CIO-Signature:\t${GOOD}\t`,
      ]),
    ],
    [
      'the signature before the timestamp',
      request(BODY, [...lines(null, GOOD), `X-CIO-Timestamp: ${SIGNED_AT}`]),
    ],
    ['signed long ago', request(BODY, lines('1', signature(BODY, '1')))],
    [
      'signed in a far future',
      request(BODY, lines('999999999999', signature(BODY, '999999999999'))),
    ],
    [
      'a timestamp with zeros before',
      request(BODY, lines('001767225600', signature(BODY, '001767225600'))),
    ],
    [
      'a content type of its own',
      request(BODY, [...lines(SIGNED_AT, GOOD), 'Content-Type: text/plain']),
    ],
    ['a content encoding', request(BODY, [...lines(SIGNED_AT, GOOD), 'Content-Encoding: gzip'])],
    [
      'a query',
      message({
        target: `${PATH}?X-CIO-Signature=0`,
        lines: [...lines(SIGNED_AT, GOOD), length],
        body: BODY,
      }),
    ],
    ['a cookie', request(BODY, [...lines(SIGNED_AT, GOOD), 'Cookie: a=b'])],
    [
      'forwarded for somebody',
      request(BODY, [...lines(SIGNED_AT, GOOD), 'X-Forwarded-For: 192.0.2.1']),
    ],
  ];
  return cases.map(([name, bytes]) => ({ group: 'signature', name, bytes, expected: STORED }));
}

/** Signatures and timestamps that are missing, repeated, malformed, wrong, or only odd. */
export const signatureCases = (): CorpusCase[] => [...malformed(), ...presence(), ...accepted()];
