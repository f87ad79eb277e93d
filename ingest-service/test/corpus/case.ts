import type { DeadLetterReason } from '@landed/schemas/fate';
import type { Refusal } from '../../src/verify.ts';
import { PATH, signatureOf } from '../raw-http.ts';

/** What must come back for the bytes of one file. */
export type Expected = {
  readonly status: number;
  /** Of a webhook's answer; null where the parser or a wrong path answers. */
  readonly reason: Refusal | DeadLetterReason | 'stored' | null;
};

/** Bytes as they stand on the wire, and the answer. */
export type CorpusCase = {
  readonly group: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly expected: Expected;
};

/** Long ago: an authentic request is flagged as stale, and stored all the same. */
export const SIGNED_AT = '1767225600';

export const BODY =
  '{"event_id":"01KDVH0000ABCDEFGHJKMNPQRS","object_type":"email","metric":"sent","timestamp":1767225598,"data":{"identifiers":{"cio_id":"a90c07000041"},"delivery_id":"dgOq"}}';

export const STORED: Expected = { status: 200, reason: 'stored' };
export const quarantined = (reason: DeadLetterReason): Expected => ({ status: 200, reason });
export const refused = (reason: Refusal): Expected => ({ status: 401, reason });
/** Answered by the parser or by the path, and never stored. */
export const turnedAway = (status: number): Expected => ({ status, reason: null });

export const signature = (body: Uint8Array | string, timestamp = SIGNED_AT): string =>
  signatureOf(body, timestamp);

/** The lines that make a body authentic. */
export const signedWith = (body: Uint8Array | string): string[] => [
  'Host: landed.example',
  `X-CIO-Timestamp: ${SIGNED_AT}`,
  `X-CIO-Signature: ${signature(body)}`,
];

export type Message = {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  /** Lines of the head after the first; framing included. */
  readonly lines: readonly string[];
  readonly body?: Uint8Array | string;
};

/** Puts a message together, its lines as they are. */
export function message({ method, target, version, lines, body = '' }: Message): Buffer {
  const first = `${method ?? 'POST'} ${target ?? PATH} ${version ?? 'HTTP/1.1'}`;
  const head = Buffer.from(`${[first, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
  return Buffer.concat([head, Buffer.from(body)]);
}

/** A whole request with its length, signed or with the lines given. */
export function request(body: Uint8Array | string, lines: readonly string[]): Buffer {
  return message({ lines: [...lines, `Content-Length: ${Buffer.byteLength(body)}`], body });
}

/** The same body without a signature and with a valid one. */
export function unsignedAndSigned(
  group: string,
  name: string,
  body: Uint8Array | string,
  expected: Expected,
): CorpusCase[] {
  return [
    {
      group,
      name: `${name}, unsigned`,
      bytes: request(body, ['Host: landed.example']),
      expected: refused('missing_signature'),
    },
    { group, name, bytes: request(body, signedWith(body)), expected },
  ];
}
