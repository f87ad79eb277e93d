import { DEAD_LETTER_REASONS } from '@landed/schemas/fate';
import type { DeadLetterReason } from '@landed/schemas/fate';
import {
  RETRY_AFTER_SECONDS,
  TROUBLES,
  quarantined,
  refused,
  stored,
  tooLarge,
  unavailable,
} from './answers.ts';
import type { Answer, Result, Trouble } from './answers.ts';
import { REFUSALS } from './verify.ts';
import type { Refusal } from './verify.ts';

/** One answer the service gives: what it means to the sender, to us and to the metrics. */
export type AnswerRow = {
  readonly status: number;
  /** `reason` of the answer and of its counter; '' where there is none. */
  readonly reason: string;
  /** `result` of `ingest_webhooks_total`; or it is no webhook, and counted apart. */
  readonly counted: Result | 'misdirected' | 'broken';
  /** Where it is kept. */
  readonly stored: 'raw topic' | 'dead letters' | 'no';
  readonly when: string;
};

/** Reasons ingest finds by itself; the others are found further on. */
const QUARANTINED: Partial<Record<DeadLetterReason, string>> = {
  not_utf8: 'the body is no UTF-8',
  not_json: 'the body is no JSON',
  not_object: 'the body is JSON, but no object',
  too_deep: 'the body nests deeper than 32 levels',
  legacy_format: 'event_type without object_type, as before 2020',
  missing_event_id: 'event_id is missing, empty or no text',
  missing_metric: 'metric is missing, empty or no text',
  missing_timestamp: 'timestamp is missing or no number of seconds',
  body_too_large: 'the body is larger than 1 MiB: its first MiB is kept, its size and hash',
};

const REFUSED: Readonly<Record<Refusal, string>> = {
  not_allowed: 'the address is not on the allowlist, which is enforced',
  too_many_headers: '64 headers or more',
  missing_signature: 'no X-CIO-Signature',
  repeated_signature: 'more than one X-CIO-Signature',
  malformed_signature: 'X-CIO-Signature is not 64 hex digits',
  missing_timestamp: 'no X-CIO-Timestamp',
  repeated_timestamp: 'more than one X-CIO-Timestamp',
  malformed_timestamp: 'X-CIO-Timestamp is not 1 to 12 digits',
  wrong_signature: 'no active key of the workspace made this signature',
  stale_timestamp: 'signed longer ago than tolerated, and the tolerance is enforced',
  future_timestamp: 'signed further in the future than tolerated, and the tolerance is enforced',
};

const UNAVAILABLE: Readonly<Record<Trouble, string>> = {
  starting: 'not yet able to store',
  connections:
    'a connection above a cap; it ends, and is counted in `ingest_connections_turned_away_total`',
  overloaded: 'too many requests, bytes or records at once',
  event_loop: 'the event loop lags',
  heap: 'the heap is nearly full',
  deadline: 'not stored, or not received whole, within the deadline',
  unavailable: 'Kafka does not take it',
  unexpected: 'an error of ours',
};

const BROKEN: readonly (readonly [status: number, when: string])[] = [
  [400, 'no HTTP/1, or framing and headers that may be read in two ways'],
  [408, 'headers or body came too slowly'],
  [413, 'an extension of a chunk is too large'],
  [417, 'an expectation other than 100-continue'],
  [431, 'headers larger than 8 KB, or more than 64'],
];

const MISDIRECTED: readonly (readonly [status: number, reason: string, when: string])[] = [
  [404, 'not_found', 'no path of a webhook'],
  [405, 'method', 'a path of a webhook, and not POST; Allow: POST'],
];

/** The row of an answer as it is built. */
function rowOf(
  { status, result, reason }: Answer,
  when: string,
  kept: AnswerRow['stored'] = 'no',
): AnswerRow {
  return { status, reason, counted: result, stored: kept, when };
}

/**
 * Every answer the webhook port gives, and no other. Customer.io waits an hour after 400, 401, 404,
 * 405, 429, 500 and 502, with all later events behind: so none of these ever goes to an authentic
 * call, whatever is in it, and our own trouble is always 503.
 */
export const ANSWER_TABLE: readonly AnswerRow[] = [
  rowOf(stored, 'authentic and usable; durable before the answer', 'raw topic'),
  ...DEAD_LETTER_REASONS.flatMap((reason): AnswerRow[] => {
    const when = QUARANTINED[reason];
    return when === undefined ? [] : [rowOf(quarantined(reason), when, 'dead letters')];
  }),
  ...REFUSALS.map((reason) => rowOf(refused(reason), REFUSED[reason])),
  { ...rowOf(tooLarge, 'the body is larger than 8 MiB'), reason: 'body_too_large' },
  ...TROUBLES.map((reason) =>
    rowOf(unavailable(reason), `${UNAVAILABLE[reason]}; Retry-After: ${RETRY_AFTER_SECONDS}`),
  ),
  ...MISDIRECTED.map(([status, reason, when]): AnswerRow => ({
    status,
    reason,
    counted: 'misdirected',
    stored: 'no',
    when,
  })),
  ...BROKEN.map(([status, when]): AnswerRow => ({
    status,
    reason: '',
    counted: 'broken',
    stored: 'no',
    when: `${when}; the connection ends`,
  })),
];

/** Where an answer is counted. */
const COUNTERS: Readonly<Record<AnswerRow['counted'], string>> = {
  stored: '`ingest_webhooks_total{result="stored"}`, `ingest_ack_seconds`',
  quarantined: '`ingest_quarantined_total{reason}`',
  refused: '`ingest_signature_failures_total{reason}`',
  too_large: '`ingest_webhooks_total{result="too_large"}`',
  unavailable: '`ingest_unavailable_total{reason}`',
  aborted: '`ingest_webhooks_total{result="aborted"}`',
  misdirected: '`ingest_misdirected_total{reason}`',
  broken: '`ingest_broken_requests_total`',
};

/** The table for people. */
export function answerTableText(): string {
  const rows = ANSWER_TABLE.map(({ status, reason, counted, stored: kept, when }) => {
    const word = reason === '' ? '' : `\`${reason}\``;
    return `| ${status} | ${word} | ${when} | ${kept} | ${COUNTERS[counted]} |`;
  });
  return [
    '| status | reason | when | stored | counted as |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
