import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signingKey } from '../src/signing-keys.ts';
import { customerio } from '../src/sources/customerio.ts';
import { HEADER_PAIRS_MAX, headerValues, judge, readClaim, startDigest } from '../src/verify.ts';
import type { TimestampPolicy, Verdict } from '../src/verify.ts';

const { scheme } = customerio;
const SECRET = 'cio-test-signing-key-1';
const OTHER = 'cio-test-signing-key-2';
const tolerances = { pastToleranceSeconds: 300, futureToleranceSeconds: 60 };
const flagging: TimestampPolicy = { mode: 'flag', ...tolerances };
const enforcing: TimestampPolicy = { mode: 'enforce', ...tolerances };

type Attempt = {
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly secrets?: readonly string[];
  readonly isKnownSecret?: boolean;
  readonly policy?: TimestampPolicy;
  readonly now?: number;
};

function verdictOf(attempt: Attempt): Verdict {
  const claim = readClaim(attempt.headers, scheme);
  const digest = startDigest(claim, (attempt.secrets ?? [SECRET]).map(signingKey), scheme);
  // In two chunks, as a body arrives.
  digest.update(attempt.body.subarray(0, 7));
  digest.update(attempt.body.subarray(7));
  const { isKnownSecret = false, policy = flagging, now = 1_767_225_600_000 } = attempt;
  return judge(claim, digest.matchingKey(), isKnownSecret, policy, now);
}

const sign = (timestamp: string, body: Uint8Array, secret = SECRET): string =>
  createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex');

const headers = (timestamp: string, signature: string): string[] => [
  'Host',
  'landed.example',
  'X-CIO-Timestamp',
  timestamp,
  'x-cio-signature',
  signature,
];

const bodyA =
  '{"metric":"bounced","event_id":"01KDVH0000ABCDEFGHJKMNPQRS","object_type":"email","timestamp":1767225598,"data":{"delivery_id":"dgOq"}}';
const vectors = [
  {
    name: 'an event',
    timestamp: '1767225600',
    body: bodyA,
    signature: '5fcaa3df17fee3383f0b389c8deb1619f47e639d1d162eac7418975f0cc0f3bc',
  },
  {
    name: 'an escape as six characters',
    timestamp: '1767225601',
    body: String.raw`{"href":"https://shop.example/p?a=1\u0026b=2"}`,
    signature: '8c66643d41f6954cdcffe0a1de545b220a6806fd58008cbb8c7c8cb7aad655b0',
  },
  {
    name: 'text beyond ASCII',
    timestamp: '1767225602',
    body: '{"subject":"Zürich – 10 % off ✓"}',
    signature: '755186d91e1cbb9ce0d783ee551bf898559a16cd1a75bfe8f90a7f80630fad0b',
  },
  {
    name: 'an empty body',
    timestamp: '1767225603',
    body: '',
    signature: '995729e001ab9c02e247de6bbc7f21c5dc85993c1207f19b1d16b26acae81756',
  },
];

describe('signature vectors', () => {
  test.each(vectors)('$name is authentic', ({ timestamp, body, signature }) => {
    const verdict = verdictOf({ headers: headers(timestamp, signature), body: Buffer.from(body) });
    expect(verdict).toEqual({
      kind: 'authentic',
      keyId: signingKey(SECRET).id,
      signedAt: Number(timestamp) * 1000,
      flags: [],
    });
  });

  test.each(vectors)('$name with an upper-case signature is authentic', (vector) => {
    const upper = headers(vector.timestamp, vector.signature.toUpperCase());
    expect(verdictOf({ headers: upper, body: Buffer.from(vector.body) }).kind).toBe('authentic');
  });
});

describe('what is not authentic', () => {
  const body = Buffer.from(bodyA);
  const ts = '1767225600';
  const good = sign(ts, body);
  const both = (timestamp: string, signature: string) => headers(timestamp, signature);
  test.each([
    ['no signature', ['x-cio-timestamp', ts], 'missing_signature'],
    ['no headers at all', [], 'missing_signature'],
    ['an empty signature', both(ts, ''), 'malformed_signature'],
    ['63 digits', both(ts, good.slice(1)), 'malformed_signature'],
    ['65 digits', both(ts, `${good}0`), 'malformed_signature'],
    ['letters after 64 digits', both(ts, `${good}zz`), 'malformed_signature'],
    ['base64', both(ts, Buffer.from(good, 'hex').toString('base64')), 'malformed_signature'],
    ['a v0= prefix', both(ts, `v0=${good}`), 'malformed_signature'],
    ['two values in one header', both(ts, `${good}, ${good}`), 'malformed_signature'],
    ['two equal headers', [...both(ts, good), 'X-Cio-Signature', good], 'repeated_signature'],
    ['a good and a bad one', [...both(ts, good), 'x-cio-signature', 'x'], 'repeated_signature'],
    ['no timestamp', ['x-cio-signature', good], 'missing_timestamp'],
    ['two timestamps', [...both(ts, good), 'x-cio-timestamp', ts], 'repeated_timestamp'],
    ['an empty timestamp', both('', good), 'malformed_timestamp'],
    ['a negative timestamp', both('-1', good), 'malformed_timestamp'],
    ['a float', both('1767225600.5', good), 'malformed_timestamp'],
    ['an exponent', both('1e9', good), 'malformed_timestamp'],
    ['a hexadecimal number', both('0x10', good), 'malformed_timestamp'],
    ['a padded number', both(' 1767225600', good), 'malformed_timestamp'],
    ['full-width digits', both('１７６７２２５６００', good), 'malformed_timestamp'],
    ['ten to the twentieth', both('1'.padEnd(21, '0'), good), 'malformed_timestamp'],
    ['digits and a colon', both('176722:5600', good), 'malformed_timestamp'],
    ['another timestamp', both('1767225601', good), 'wrong_signature'],
    ['a signature of zeros', both(ts, '0'.repeat(64)), 'wrong_signature'],
    ['another key', both(ts, sign(ts, body, OTHER)), 'wrong_signature'],
    ['another body', both(ts, sign(ts, Buffer.from(`${bodyA} `))), 'wrong_signature'],
    [
      'a body re-serialised',
      both(ts, sign(ts, Buffer.from(JSON.stringify(JSON.parse(bodyA), null, 1)))),
      'wrong_signature',
    ],
    ['a plain hash of the body', both(ts, sign('', body)), 'wrong_signature'],
    [
      'as many headers as are counted',
      [...both(ts, good), ...Array.from({ length: HEADER_PAIRS_MAX * 2 }, () => 'x-pad')],
      'too_many_headers',
    ],
  ])('%s', (_name, rawHeaders, reason) => {
    expect(verdictOf({ headers: rawHeaders, body })).toEqual({ kind: 'refused', reason });
  });

  test('the colon cannot be moved between timestamp and body', () => {
    const signature = sign('1', Buffer.from('2:{}'));
    const moved = verdictOf({ headers: headers('1:2', signature), body: Buffer.from('{}') });
    expect(moved).toEqual({ kind: 'refused', reason: 'malformed_timestamp' });
  });

  test('a workspace without keys lets no signature in', () => {
    const verdict = verdictOf({ headers: headers(ts, good), body, secrets: [] });
    expect(verdict).toEqual({ kind: 'refused', reason: 'wrong_signature' });
  });
});

describe('rotation', () => {
  const body = Buffer.from('{}');
  const secrets = [SECRET, OTHER, 'cio-test-signing-key-3'];
  test.each(secrets)('each active key lets in and is named: %s', (secret) => {
    const verdict = verdictOf({
      headers: headers('1767225600', sign('1767225600', body, secret)),
      body,
      secrets,
    });
    expect(verdict).toMatchObject({ kind: 'authentic', keyId: signingKey(secret).id });
  });

  test('a retired key does not', () => {
    const retired = headers('1767225600', sign('1767225600', body, 'a-key-of-last-year'));
    expect(verdictOf({ headers: retired, body, secrets }).kind).toBe('refused');
  });
});

describe('timestamp policy', () => {
  const body = Buffer.from('{}');
  const signedAt = 1_767_225_600_000;
  const signed = headers('1767225600', sign('1767225600', body));
  const at = (seconds: number, policy: TimestampPolicy): Verdict =>
    verdictOf({ headers: signed, body, policy, now: signedAt + seconds * 1000 });
  test.each([
    [0, []],
    [300, []],
    [-60, []],
    [301, ['stale_timestamp']],
    [604_800, ['stale_timestamp']],
    [-61, ['future_timestamp']],
  ])('flag: signed %i s ago', (seconds, flags) => {
    expect(at(seconds, flagging)).toMatchObject({ kind: 'authentic', flags });
  });
  test.each([
    [300, { kind: 'authentic' }],
    [-60, { kind: 'authentic' }],
    [301, { kind: 'refused', reason: 'stale_timestamp', signedAt }],
    [-61, { kind: 'refused', reason: 'future_timestamp', signedAt }],
  ])('enforce: signed %i s ago', (seconds, verdict) => {
    expect(at(seconds, enforcing)).toMatchObject(verdict);
  });
  test('milliseconds instead of seconds are far in the future', () => {
    const late = headers('176722560000', sign('176722560000', body));
    expect(verdictOf({ headers: late, body })).toMatchObject({ flags: ['future_timestamp'] });
  });
  test('a wrong signature is refused for that, however old', () => {
    const wrong = headers('1', sign('2', body));
    expect(verdictOf({ headers: wrong, body, policy: enforcing })).toMatchObject({
      reason: 'wrong_signature',
    });
  });
});

describe('temporary control', () => {
  const body = Buffer.from('{}');
  test('what only the secret lets in is flagged', () => {
    expect(verdictOf({ headers: [], body, isKnownSecret: true })).toEqual({
      kind: 'authentic',
      keyId: null,
      signedAt: null,
      flags: ['temporary_control'],
    });
  });
  test('a wrong signature beside it is flagged too', () => {
    const wrong = headers('1767225600', sign('1', body));
    expect(verdictOf({ headers: wrong, body, isKnownSecret: true })).toMatchObject({
      keyId: null,
      flags: ['temporary_control'],
    });
  });
  test('a good signature is what counts, when there is one', () => {
    const good = headers('1767225600', sign('1767225600', body));
    expect(verdictOf({ headers: good, body, isKnownSecret: true })).toMatchObject({
      keyId: signingKey(SECRET).id,
      flags: [],
    });
  });
});

describe('properties', () => {
  const anyBody = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  const anySeconds = fc.integer({ min: 0, max: 999_999_999_999 }).map(String);

  test('a signed body is authentic, and no other body is under its signature', () => {
    fc.assert(
      fc.property(anyBody, anyBody, anySeconds, (body, other, timestamp) => {
        const signed = headers(timestamp, sign(timestamp, body));
        expect(verdictOf({ headers: signed, body }).kind).toBe('authentic');
        const isSame = body.equals(other);
        expect(verdictOf({ headers: signed, body: other }).kind).toBe(
          isSame ? 'authentic' : 'refused',
        );
      }),
    );
  });

  test('no header values but the right ones are authentic, and none throws', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f]{60,68}$/), anySeconds);
    const name = fc.constantFrom('x-cio-signature', 'X-CIO-Timestamp', 'x-cio-signatures', 'host');
    const pairs = fc.array(fc.tuple(name, text), { maxLength: 6 });
    fc.assert(
      fc.property(pairs, (list) => {
        expect(verdictOf({ headers: list.flat(), body: Buffer.from('{}') }).kind).toBe('refused');
      }),
    );
  });

  test('SHA-256 does not depend on how the body was cut', () => {
    fc.assert(
      fc.property(anyBody, fc.nat(300), (body, at) => {
        const claim = readClaim([], scheme);
        const whole = startDigest(claim, [], scheme);
        const cut = startDigest(claim, [], scheme);
        whole.update(body);
        cut.update(body.subarray(0, at));
        cut.update(body.subarray(at));
        expect(cut.sha256()).toBe(whole.sha256());
      }),
    );
  });
});

test('header values are found by name in any case, in order', () => {
  const raw = ['A', '1', 'b', '2', 'a', '3', 'aa', '4'];
  expect(headerValues(raw, 'a')).toEqual(['1', '3']);
  expect(headerValues(raw, 'c')).toEqual([]);
});
