/**
 * An operation that failed. `retriable` says whether trying again can help:
 * an outage is retriable, a wrong setting is not.
 */
export class OperationError extends Error {
  readonly retriable: boolean;

  constructor(message: string, options: { retriable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'OperationError';
    this.retriable = options.retriable;
  }
}

/** Why a request or a record is kept as a dead letter. Also the label of metrics and the header value. */
export const DEAD_LETTER_REASONS = [
  // found by ingest: authentic, unusable
  'not_utf8',
  'not_json',
  'not_object',
  'too_deep',
  'legacy_format',
  'missing_event_id',
  'missing_metric',
  'missing_timestamp',
  'body_too_large',
  // found by the processor in the raw topic
  'bad_magic',
  'truncated',
  'undecodable',
  'seal_broken',
  'unknown_kind',
  'bad_command',
  'future_timestamp',
  'past_timestamp',
  'core_error',
  // found by the warehouse
  'row_refused',
] as const;

export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/** What becomes of one record: used, left out on purpose, or kept as a dead letter. */
export type Fate<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'drop'; readonly reason: string }
  | { readonly kind: 'dead-letter'; readonly reason: DeadLetterReason; readonly detail: string };
