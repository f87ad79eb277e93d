import { createHash, hash, timingSafeEqual } from 'node:crypto';
import type { HmacKey } from '@landed/schemas/hmac';

/** How a source signs: which headers, and what stands before the body in the signed bytes. */
export type SignatureScheme = {
  /** Lower case. */
  readonly signatureHeader: string;
  /** Lower case. */
  readonly timestampHeader: string;
  /** The signed text before the raw body. */
  readonly signedPrefix: (timestamp: string) => string;
};

/** One signing key of a workspace. `id` names it in records and metrics without revealing it. */
export type SigningKey = { readonly id: string; readonly secret: HmacKey };

/** Why a request is not authentic. Label of a metric and `reason` of the 401. */
export const REFUSALS = [
  'not_allowed',
  'too_many_headers',
  'missing_signature',
  'repeated_signature',
  'malformed_signature',
  'missing_timestamp',
  'repeated_timestamp',
  'malformed_timestamp',
  'wrong_signature',
  'stale_timestamp',
  'future_timestamp',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** What was unusual about an authentic request; stored in `RawWebhook.flags`. */
export type Flag = 'stale_timestamp' | 'future_timestamp' | 'temporary_control';

/** What the headers claim, before anything is proved. */
export type Claim =
  | {
      readonly kind: 'claim';
      readonly timestamp: string;
      /** 32 bytes. */
      readonly signature: Buffer;
    }
  | { readonly kind: 'refused'; readonly reason: Refusal };

/** More header pairs than any sender uses; Node drops those beyond its own limit silently. */
export const HEADER_PAIRS_MAX = 64;

const SIGNATURE = /^[0-9a-fA-F]{64}$/;
const TIMESTAMP = /^[0-9]{1,12}$/;

/** The values of one header, in order. `name` in lower case. */
export function headerValues(rawHeaders: readonly string[], name: string): readonly string[] {
  const values: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const candidate = rawHeaders[at] ?? '';
    if (candidate.length === name.length && candidate.toLowerCase() === name) {
      values.push(rawHeaders[at + 1] ?? '');
    }
  }
  return values;
}

const refuse = (reason: Refusal): Claim => ({ kind: 'refused', reason });

/**
 * Reads exactly one signature (64 hex digits, either case) and one timestamp (1-12 digits) from the
 * headers as they came. Counted in the raw headers, since Node joins repeated ones with a comma; the
 * shape is checked first, since `Buffer.from(text, 'hex')` stops silently at what is no hex.
 *
 * @param rawHeaders names and values in turn, as Node gives them
 */
export function readClaim(rawHeaders: readonly string[], scheme: SignatureScheme): Claim {
  if (rawHeaders.length >= 2 * HEADER_PAIRS_MAX) return refuse('too_many_headers');
  const signatures = headerValues(rawHeaders, scheme.signatureHeader);
  const timestamps = headerValues(rawHeaders, scheme.timestampHeader);
  const [signature] = signatures;
  const [timestamp] = timestamps;
  if (signature === undefined) return refuse('missing_signature');
  if (signatures.length > 1) return refuse('repeated_signature');
  if (!SIGNATURE.test(signature)) return refuse('malformed_signature');
  if (timestamp === undefined) return refuse('missing_timestamp');
  if (timestamps.length > 1) return refuse('repeated_timestamp');
  if (!TIMESTAMP.test(timestamp)) return refuse('malformed_timestamp');
  return { kind: 'claim', timestamp, signature: Buffer.from(signature, 'hex') };
}

/** Hashes of a body while it is read: its own, and its signature under every active key. */
export type BodyDigest = {
  readonly update: (chunk: Buffer) => void;
  /** SHA-256 of the body, lower-case hex. Ends the digest. */
  readonly sha256: () => string;
  /** The key whose signature the claim holds, or null. Compares with every key in constant time. */
  readonly matchingKey: () => SigningKey | null;
};

const SIGNATURE_BYTES = 32;
const NOTHING = Buffer.alloc(0);

/** Hashes of a body that comes in several chunks, taken along while it is read. */
function startStreams(keys: readonly SigningKey[], prefix: string) {
  const body = createHash('sha256');
  const macs = keys.map(({ secret }) => secret.start().update(prefix));
  return {
    update: (chunk: Buffer): void => {
      body.update(chunk);
      for (const mac of macs) mac.update(chunk);
    },
    sha256: (): string => body.digest('hex'),
    macOf: (at: number): string => macs[at]?.digest('binary') ?? '',
  };
}

/**
 * Starts the hashes of one body. Without a usable claim only the body itself is hashed. A body that
 * comes in one chunk, as nearly all do, is hashed at once when it is asked for, which costs half.
 */
export function startDigest(
  claim: Claim,
  keys: readonly SigningKey[],
  scheme: SignatureScheme,
): BodyDigest {
  const claimed = claim.kind === 'claim' ? claim : null;
  const prefix = claimed ? scheme.signedPrefix(claimed.timestamp) : '';
  const usable = claimed ? keys : [];
  let first: Buffer | null = null;
  let streams: ReturnType<typeof startStreams> | null = null;
  const found = Buffer.alloc(SIGNATURE_BYTES);
  const macOf = (key: SigningKey, at: number): string =>
    streams ? streams.macOf(at) : key.secret.digest(prefix, first ?? NOTHING, 'binary');
  return {
    update: (chunk) => {
      if (first === null) {
        first = chunk;
        return;
      }
      if (streams === null) {
        streams = startStreams(usable, prefix);
        streams.update(first);
      }
      streams.update(chunk);
    },
    sha256: () => (streams ? streams.sha256() : hash('sha256', first ?? NOTHING, 'hex')),
    matchingKey: () => {
      let matching: SigningKey | null = null;
      // No early exit: how long it takes does not tell which key matched, nor how much of it.
      for (const [at, key] of usable.entries()) {
        found.write(macOf(key, at), 'binary');
        const isEqual = timingSafeEqual(found, claimed?.signature ?? NOTHING);
        if (isEqual && matching === null) matching = key;
      }
      return matching;
    },
  };
}

/** What to do with a timestamp outside the tolerance: note it on the record, or refuse. */
export type TimestampPolicy = {
  readonly mode: 'flag' | 'enforce';
  /** How long ago a call may have been signed: the way here, and retries that are not signed anew. */
  readonly pastToleranceSeconds: number;
  /** How far ahead of ours the sender's clock may be. */
  readonly futureToleranceSeconds: number;
};

export type Verdict =
  | {
      readonly kind: 'authentic';
      readonly keyId: string | null;
      /** When the sender says it signed, ms. Null when it says nothing usable. */
      readonly signedAt: number | null;
      readonly flags: readonly Flag[];
    }
  | {
      readonly kind: 'refused';
      readonly reason: Refusal;
      /** Present when a key proved the call, and only its time (ms) was refused. */
      readonly signedAt?: number;
    };

const NO_FLAGS: readonly Flag[] = [];

function judgeTimestamp(
  signedAt: number,
  now: number,
  policy: TimestampPolicy,
): 'stale_timestamp' | 'future_timestamp' | null {
  if (now - signedAt > policy.pastToleranceSeconds * 1000) return 'stale_timestamp';
  if (signedAt - now > policy.futureToleranceSeconds * 1000) return 'future_timestamp';
  return null;
}

/**
 * Decides whether a request is authentic, once its body is hashed.
 *
 * By default an old or future timestamp is only flagged: whether the sender signs its retries anew
 * is unknown, and refusing an authentic retry stalls its whole feed. A replay changes nothing, since
 * event ids are remembered.
 *
 * @param matched the key that matched, or null
 * @param isKnownSecret whether the temporary control (a shared secret) was satisfied. It never
 *   replaces the signature silently: what only it lets in carries `temporary_control`.
 * @param now ms
 */
export function judge(
  claim: Claim,
  matched: SigningKey | null,
  isKnownSecret: boolean,
  policy: TimestampPolicy,
  now: number,
): Verdict {
  const signedAt = claim.kind === 'claim' ? Number(claim.timestamp) * 1000 : null;
  if (matched === null || signedAt === null) {
    if (isKnownSecret) {
      return { kind: 'authentic', keyId: null, signedAt, flags: ['temporary_control'] };
    }
    return claim.kind === 'refused' ? claim : { kind: 'refused', reason: 'wrong_signature' };
  }
  const flag = judgeTimestamp(signedAt, now, policy);
  if (flag !== null && policy.mode === 'enforce') {
    return { kind: 'refused', reason: flag, signedAt };
  }
  const flags = flag === null ? NO_FLAGS : [flag];
  return { kind: 'authentic', keyId: matched.id, signedAt, flags };
}
