import type { DeadLetterReason } from '@landed/schemas/fate';
import type { Refusal } from './verify.ts';

/** Why an authentic call was not stored: our trouble, every one. */
export const TROUBLES = [
  'starting',
  'connections',
  'overloaded',
  'event_loop',
  'heap',
  'deadline',
  'unavailable',
  'unexpected',
] as const;
export type Trouble = (typeof TROUBLES)[number];

/** What became of a webhook. Label of a metric. */
export const RESULTS = [
  'stored',
  'quarantined',
  'refused',
  'too_large',
  'unavailable',
  'aborted',
] as const;
export type Result = (typeof RESULTS)[number];

/** What to write back. `reason` explains every result but `stored`. */
export type Answer = {
  readonly result: Result;
  readonly reason: string;
  readonly status: number;
  /** Names and values in turn, complete but for what Node adds (date, connection). */
  readonly headers: readonly string[];
  readonly body: string;
  /** Whether the rest of the request may stand unread, so that the connection cannot go on. */
  readonly isFinal: boolean;
};

export const RETRY_AFTER_SECONDS = 5;

function answer(
  status: number,
  result: Result,
  reason: string,
  content: object,
  extra: readonly string[] = [],
): Answer {
  const body = JSON.stringify(content);
  const headers = [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Cache-Control',
    'no-store',
    'X-Content-Type-Options',
    'nosniff',
    ...extra,
  ];
  return { result, reason, status, headers, body, isFinal: false };
}

/** Each answer is built once: the sets of reasons are closed. */
function once<K extends string>(build: (reason: K) => Answer): (reason: K) => Answer {
  const built = new Map<K, Answer>();
  return (reason) => {
    const known = built.get(reason);
    if (known) return known;
    const fresh = build(reason);
    built.set(reason, fresh);
    return fresh;
  };
}

/** 200: durable in the raw topic. */
export const stored: Answer = answer(200, 'stored', '', { status: 'stored' });

/** 200: authentic but unusable, durable in the dead-letter topic. */
export const quarantined = once((reason: DeadLetterReason) =>
  answer(200, 'quarantined', reason, { status: 'quarantined', reason }),
);

/** 401: not authentic. */
export const refused = once((reason: Refusal) =>
  answer(401, 'refused', reason, { status: 'refused', reason }, [
    'WWW-Authenticate',
    'HMAC-SHA256 realm="webhooks"',
  ]),
);

/** 413: above the hard limit, the only refusal that is about size. */
export const tooLarge: Answer = {
  ...answer(413, 'too_large', '', { status: 'refused', reason: 'body_too_large' }),
  isFinal: true,
};

/**
 * 503 with Retry-After: our trouble. Never 429, 500 or 502: after those Customer.io waits an hour,
 * and every later event waits behind.
 */
export const unavailable = once((reason: Trouble) =>
  answer(503, 'unavailable', reason, { status: 'unavailable', reason }, [
    'Retry-After',
    String(RETRY_AFTER_SECONDS),
  ]),
);

/** 503: the body did not arrive in time; what is left of it cannot be read any more. */
export const tooSlow: Answer = { ...unavailable('deadline'), isFinal: true };

/** The sender went away while its body was read: nobody is there to answer. */
export const aborted: Answer = answer(503, 'aborted', '', { status: 'unavailable' });
